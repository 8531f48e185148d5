import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { appendFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertGolden } from '../../test/support/golden.ts';
import { Journey } from '../../test/support/journey.ts';
import { onMachine } from '../../test/support/machine.ts';
import { run } from '../../test/support/terminal.ts';
import type { Audit } from '../agent/audit.ts';
import { handleControl } from '../agent/control.ts';
import type { Segment } from '../event/batch.ts';
import type { StreamRecord } from '../event/stream.ts';
import type { Host } from '../host/host.ts';
import { createHost } from '../host/node/host.ts';
import { openSqliteState } from '../state/sqlite.ts';
import type { Change, LedgerEntry } from '../state/state.ts';

const languages = ['en', 'es'] as const;
const nowMs = Date.UTC(2026, 0, 2, 12, 30);
const dayMs = 86_400_000;
const output = 'default';
const app = 'a'.repeat(32);

const place = { atMs: nowMs - 3 * dayMs, output, stream: app, path: '/var/log/app.log' };

function record(id: string, path: string, size: number, lines = 4): StreamRecord {
  return {
    ...{ id, path, size, lines, seenAtMs: nowMs, status: 'followed', parent: null },
    ...{ identity: { device: 1n, inode: 1n, birthTimeNs: null }, proofs: [] },
    head: { position: 0, length: 0, hash: '' },
  };
}

function entry(
  term: LedgerEntry['term'],
  bytes: number,
  more: Partial<LedgerEntry> = {},
  atMs = place.atMs,
): Change {
  const add = { stream: app, output, term, reason: '', bytes, lines: 1, ...more };
  return { kind: 'ledger', add, atMs };
}

/** One stream of 120 bytes, of which 100 were read. */
const whole: readonly Change[] = [
  { kind: 'note', name: 'agent-id', value: 'agent' },
  { kind: 'stream', stream: record(app, '/var/log/app.log', 120) },
  { kind: 'cursor', cursor: { stream: app, output, read: 100, watermark: 100 } },
];

const complete: readonly Change[] = [
  ...whole,
  entry('skipped', 10, { lines: 0 }),
  entry('acked', 85, { lines: 3 }),
  entry('filtered', 5, { reason: 'blank' }),
];

const letter: Segment = { stream: app, path: '/var/log/app.log', from: 60, to: 75, kind: 'lines' };

const missing: readonly Change[] = [
  ...whole,
  entry('acked', 60, { lines: 3 }),
  entry('gap', 25, { reason: 'unreadable', lines: 0 }),
  entry('dead', 15, { reason: 'refused\u001b[2J' }, nowMs - dayMs / 2),
  { kind: 'loss', loss: { ...place, from: 75, to: 100, term: 'gap', reason: 'unreadable' } },
  {
    kind: 'batch',
    stored: {
      batch: {
        ...{ key: { output, sequence: 7, part: '' }, id: '7', readAtMs: 1, records: 1, bytes: 15 },
        segments: [letter],
      },
      ...{ status: 'dead', attempts: 1, reason: 'refused\u001b[2J', atMs: nowMs - dayMs / 2 },
    },
    body: [Buffer.from(`${'x'.repeat(14)}\n`)],
  },
  { kind: 'stream', stream: record('b'.repeat(32), '/var/log/b.log', 0, 0) },
];

/** Ten bytes and a line that nobody can account for. */
const open: readonly Change[] = [...whole, entry('acked', 90, { lines: 3 })];

function withState(
  changes: readonly Change[],
  work: (given: { readonly host: Host; readonly directory: string }) => Promise<void>,
): Promise<void> {
  return onMachine(async ({ host, directory }) => {
    const state = openSqliteState(host.databases, join(directory, 'state.db'));
    state.commit(changes, 'full');
    state.close();
    const clock = { ...host.clock, now: () => nowMs };
    await work({ host: { ...host, clock }, directory });
  });
}

for (const language of languages) {
  test(`shows a table and what it comes to (${language})`, async () => {
    const said: string[] = [];
    const audit = async (changes: readonly Change[], ...words: string[]) =>
      await withState(changes, async ({ host, directory }) => {
        const ran = await run(host, ['audit', '--state', directory, '--lang', language, ...words]);
        assert.equal(ran.err, '');
        said.push(`audit ${words.join(' ')}: ${ran.status}\n${ran.out}`);
      });
    await audit(complete);
    await audit(missing);
    await audit(missing, '--since', '24h');
    await audit(missing, '--since', '1h');
    await audit(missing, '--stream', '/b.log');
    await audit(open);
    await audit([]);
    assert.ok(!said.join('').includes('\u001b'));
    assertGolden(`audit.${language}.txt`, said.join('\n'));
  });
}

/** A hub that has these streams of the agent, one a page. */
async function withHub(
  streams: readonly object[],
  work: (given: { readonly url: string; readonly asked: string[] }) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const listen = { host: '127.0.0.1', port: 0 };
  const server = await createHost().net.serve(
    { listen, bodyBytesMax: 0, requestTimeoutMs: 5000 },
    async ({ path, query, headers }) => {
      asked.push(`${path}?${query} ${headers['x-api-key']}`);
      if (path !== '/api/agent/streams') return { status: 404, headers: {}, body: 'Not found' };
      const at = Number(new URLSearchParams(query).get('after') ?? 0);
      const next = at + 1 < streams.length ? String(at + 1) : null;
      const body = JSON.stringify({ status: 'success', streams: streams.slice(at, at + 1), next });
      return { status: 200, headers: { 'content-type': 'application/json' }, body };
    },
  );
  try {
    await work({ url: `http://127.0.0.1:${server.port}`, asked });
  } finally {
    await server.close(0);
  }
}

const appAtHub = { stream: app, path: '/var/log/app.log', lines: 3, description: null };
const other = { ...appAtHub, stream: 'c'.repeat(32), ranges: [[0, 5]], gaps: [] };
const wholeAtHub = [
  other,
  {
    ...appAtHub,
    ranges: [
      [10, 40],
      [45, 100],
    ],
    gaps: [[40, 45, 'filtered: blank']],
  },
];
const holedAtHub = [
  {
    ...appAtHub,
    ranges: [
      [10, 40],
      [45, 60],
      [90, 95],
    ],
    gaps: [
      [40, 45, 'filtered: blank'],
      [70, 80, 'hub-went-back'],
    ],
  },
];

for (const language of languages) {
  test(`names what the hub confirmed and does not have (${language})`, async () => {
    const said: string[] = [];
    await withState(complete, async ({ host, directory }) => {
      for (const streams of [wholeAtHub, holedAtHub, []]) {
        await withHub(streams, async ({ url }) => {
          const words = ['audit', '--state', directory, '--lang', language, '--hub', `${url}/`, '--key', 'k'];
          const ran = await run(host, words);
          said.push(`${ran.status}\n${ran.out}${ran.err}`.replaceAll(url, 'http://hub'));
        });
      }
    });
    assertGolden(`audit-hub.${language}.txt`, said.join('\n'));
  });
}

test('asks every page of the configured hub with its key, and cannot tell where there is none', async () => {
  await withState(complete, async ({ host, directory }) => {
    await withHub(wholeAtHub, async ({ url, asked }) => {
      const configure = (output: string) =>
        writeFileSync(
          join(directory, 'almadia.yaml'),
          `agent: { state_dir: ${directory} }\nsources: [{ type: file, include: [/var/log/app.log] }]\noutput: ${output}\n`,
        );
      configure(`{ type: hub, url: ${url}, key: secret-key }`);
      const ran = await run(host, ['audit', '--hub', '--json']);
      assert.equal(ran.status, 0, ran.out + ran.err);
      assert.deepEqual(JSON.parse(ran.out).hub, {
        ...{ url, streams: 1, bytes: 85, missing: [], signed: null, onlyThere: 1 },
      });
      assert.deepEqual(asked, [
        '/api/agent/streams?agent_id=agent secret-key',
        '/api/agent/streams?agent_id=agent&after=1 secret-key',
      ]);
      const older = await run(host, ['audit', '--hub', `${url}/older`]);
      assert.equal(older.status, 2);
      assert.match(older.err, /AUDIT_HUB_SILENT/);
      configure('{ type: stdout }');
      const none = await run(host, ['audit', '--hub']);
      assert.equal(none.status, 2);
      assert.match(none.err, /AUDIT_NO_HUB/);
    });
  });
});

test('tells a program the same, as JSON with its verdict', async () => {
  await withState(missing, async ({ host, directory }) => {
    const ran = await run(host, ['audit', '--state', directory, '--json']);
    assert.equal(ran.status, 1);
    const { verdict, running, missing: places, streams } = JSON.parse(ran.out);
    assert.deepEqual(
      { verdict, running, count: streams.length },
      { verdict: 'missing', running: false, count: 2 },
    );
    assert.deepEqual(
      places.map((one: Audit['missing'][number]) => [one.term, one.from, one.to]),
      [
        ['gap', 75, 100],
        ['dead', 60, 75],
      ],
    );
  });
});

test('cannot tell without a state, from a damaged one, and while another holds it; and leaves it as it is', async () => {
  await onMachine(async ({ host, directory }) => {
    const nowhere = await run(host, ['audit', '--state', join(directory, 'none')]);
    assert.equal(nowhere.status, 2);
    assert.match(nowhere.err, /STATE_ABSENT/);
    const damaged = join(directory, 'damaged');
    mkdirSync(damaged);
    writeFileSync(join(damaged, 'state.db'), 'garbage '.repeat(1000));
    const ran = await run(host, ['audit', '--state', damaged, '--json']);
    assert.equal(ran.status, 2);
    const { verdict, problem } = JSON.parse(ran.out);
    assert.deepEqual({ verdict, code: problem.code }, { verdict: 'unknown', code: 'STATE_UNWRITABLE' });
    assert.deepEqual(
      (await host.disk.list(damaged)).map(({ name }) => name),
      ['state.db'],
    );
    const wrong = await run(host, ['audit', '--state', damaged, '--since', 'yesterday']);
    assert.equal(wrong.status, 2);
    assert.match(wrong.err, /OPTION_INVALID/);
  });
});

test('asks the agent that runs, and reads the state of one that was stopped', async () => {
  await using journey = await Journey.start();
  await appendFile(journey.path('a.log'), 'one\ntwo\n\nthree\n');
  await journey.untilCount(4);
  await journey.until('all of it is settled', () => journey.status.streams[0]?.lagBytes === 0);
  const host = createHost();
  const server = await host.net.serve(
    {
      listen: { socketPath: join(journey.stateDirectory, 'agent.sock') },
      ...{ bodyBytesMax: 0, requestTimeoutMs: 5000 },
    },
    async (request) => handleControl(journey.agent, request),
  );
  const words = ['audit', '--state', journey.stateDirectory, '--json', '--since', '1h'];
  const running = await run(host, words);
  await server.close(0);
  await unlink(join(journey.stateDirectory, 'agent.sock')).catch(() => undefined);
  await journey.stopAgent();
  const stopped = await run(host, words);
  for (const { ran, is } of [
    { ran: running, is: true },
    { ran: stopped, is: false },
  ]) {
    assert.equal(ran.status, 0, ran.out + ran.err);
    const audit = JSON.parse(ran.out) as Audit;
    assert.equal(audit.running, is);
    assert.deepEqual(
      audit.streams.map(({ seen, acked, held }) => ({ seen, acked, held })),
      [{ seen: { bytes: 15, lines: 4 }, acked: { bytes: 15, lines: 4 }, held: 0 }],
    );
    assert.deepEqual(
      audit.since?.terms.map(({ term, bytes }) => [term, bytes]),
      [['acked', 15]],
    );
  }
});

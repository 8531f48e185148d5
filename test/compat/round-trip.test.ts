/** Every output against the real hub, over a real socket with gzip: what is exported is what was in the files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHost } from '../../src/host/node/host.ts';
import { destinationOf, openOutput } from '../../src/output/open.ts';
import type { OutputSettings } from '../../src/settings/agent.ts';
import { type HubUnderTest, ndjson, startHub, testKey } from '../hub/fixture.ts';
import { batchOf, cut, gap, lines } from './batches.ts';
import { serveOnSocket } from './socket.ts';

const signal = new AbortController().signal;

function open(type: OutputSettings['type'], url: string) {
  const settings: OutputSettings = {
    name: 'default',
    type,
    url,
    key: testKey,
    ca: null,
    timeoutMs: 10_000,
    gzip: 'auto',
    source: 'web-1',
    path: '',
    format: 'ndjson',
    bodyBytesMax: null,
    recordBytesMax: null,
  };
  return openOutput(createHost(), settings, {
    agentId: 'agent-7',
    version: '1.2.3',
    freshKey: null,
    standardOutput: () => Promise.resolve(),
  });
}

/** Lines of every kind; `long` makes the request large enough to be compressed. */
const long = 'x'.repeat(2000);
const content = Buffer.concat([
  Buffer.from(`uno\n\r\n\n  señal "50%" \\ \t\r\n${long}\n\r\r\n\u0000\u001b[0m\n\uFEFFbom\n`),
  Buffer.from([0xff, 0xc3, 0x0a, 0xed, 0xa0, 0x80, 0x0d, 0x0a]),
]);
const unfinished = Buffer.from('the end\r');
const other = { path: '/var/log/b.log', stream: 'b'.repeat(32) };

async function exported(hub: HubUnderTest, query = ''): Promise<readonly Buffer[]> {
  const { text } = await hub.ask(`/api/export${query}`);
  return ndjson(text)
    .filter((row) => row.text !== undefined)
    .map((row) => (row.raw === undefined ? Buffer.from(row.text) : Buffer.from(row.raw, 'base64')));
}

/** Lines as `latin1`, so that every byte shows in a message. */
function bytesOf(rows: readonly Uint8Array[]): readonly string[] {
  return rows.map((row) => Buffer.from(row).toString('latin1'));
}

function linesOf(bytes: Uint8Array): readonly string[] {
  const text = Buffer.from(bytes).toString('latin1').replace(/\n$/, '');
  return text.split('\n').map((line) => line.replace(/\r$/, ''));
}

test('hub: every byte arrives once, though the batch is sent three times', async (context) => {
  const hub = await startHub(context);
  await using socket = await serveOnSocket(hub.hub.handle);
  const output = open('hub', socket.url);
  const { batch, body } = batchOf(
    lines(content),
    lines(unfinished, { ...other, from: 70 }),
    cut('begin', 5000, { ...other, stream: 'c'.repeat(32) }),
    gap(9, 'unreadable', { from: content.length }),
  );
  const first = await output.send(batch, body, signal);
  assert.deepEqual(first.outcome, { kind: 'acked', records: batch.records, duplicates: 0 });
  for (const again of [output, open('hub', socket.url)]) {
    const { outcome } = await again.send(batch, body, signal);
    assert.deepEqual(outcome, { kind: 'acked', records: batch.records, duplicates: batch.records });
  }
  assert.deepEqual(bytesOf(await exported(hub, '?source=app.log')), linesOf(content));
  assert.deepEqual(bytesOf(await exported(hub, '?source=b.log')).toSorted(), ['begin', 'the end\r']);
  await hub.close();
});

test('ila-soc: every line that is not blank arrives as text', async (context) => {
  const hub = await startHub(context);
  await using socket = await serveOnSocket(hub.hub.handle);
  const { batch, body } = batchOf(lines(content));
  const { outcome, blank } = await open('ila-soc', socket.url).send(batch, body, signal);
  assert.equal(outcome.kind, 'acked');
  const expected = new TextDecoder('utf-8', { ignoreBOM: true })
    .decode(content)
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => /[^\s\uFEFF]|\uFEFF/.test(line));
  assert.deepEqual((await exported(hub)).map(String), expected);
  assert.equal(expected.length + blank.lines, batch.records);
  await hub.close();
});

test('sync-logs: every line that is not blank arrives stripped', async (context) => {
  const hub = await startHub(context);
  await using socket = await serveOnSocket(hub.hub.handle);
  const { batch, body } = batchOf(lines('  uno \n\n{"a": 1}\n'));
  const { outcome } = await open('sync-logs', `${socket.url}/api`).send(batch, body, signal);
  assert.equal(outcome.kind, 'acked');
  assert.deepEqual((await exported(hub)).map(String), ['uno', '{"a": 1}']);
  await hub.close();
});

test('the probes of every protocol are taken by the hub and store nothing', async (context) => {
  const hub = await startHub(context);
  await using socket = await serveOnSocket(hub.hub.handle);
  const { net } = createHost();

  for (const type of ['hub', 'sync-logs'] as const) {
    const url = type === 'hub' ? socket.url : `${socket.url}/api`;
    const { protocol, baseUrl } = destinationOf({ type, url, source: 's' } as OutputSettings)!;
    const session = {
      agentId: 'agent-7',
      hostname: 'h',
      osType: 'Linux',
      key: testKey,
      version: '1',
      envelope: 1,
      gzip: true,
    } as const;
    for (const request of protocol.probe(session, 0)) {
      const { path, ...rest } = request;
      const reply = await net.send({ ...rest, url: baseUrl + path, timeoutMs: 5000, replyBytesMax: 1 << 20 });
      assert.equal(reply.status, 200, path);
    }
  }
  assert.deepEqual(await exported(hub), []);
  await hub.close();
});

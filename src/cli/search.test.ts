import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { envelope } from '../../test/hub/fixture.ts';
import { onMachine } from '../../test/support/machine.ts';
import { run, start } from '../../test/support/terminal.ts';
import { until } from '../../test/support/until.ts';
import type { Host } from '../host/host.ts';
import { silentLog } from '../host/selflog.ts';
import { openHubSession } from './hub-session.ts';

const key = 'the-owner';

async function withHub(
  body: (
    host: Host,
    hub: {
      readonly url: string;
      readonly directory: string;
      send(from: number, texts: readonly string[]): Promise<number>;
    },
  ) => Promise<void>,
): Promise<void> {
  await onMachine(async ({ host, directory }) => {
    const listen = { host: '127.0.0.1', port: 0 };
    const session = await openHubSession(host, {
      listen,
      dataDirectory: join(directory, 'hub'),
      key,
      log: silentLog,
    });
    const send = async (from: number, texts: readonly string[]) => {
      const sent = envelope(from, texts);
      const { status } = await host.net.send({
        ...{
          method: 'POST',
          url: `${session.url}/api/agent/ingest-batch`,
          headers: { 'x-api-key': key, 'content-type': 'application/json' },
        },
        ...{ body: [Buffer.from(JSON.stringify(sent))], timeoutMs: 10_000, replyBytesMax: 4096 },
      });
      assert.equal(status, 200);
      return sent.almadia.segments[0]!.to;
    };
    try {
      await body(host, { url: session.url, directory, send });
    } finally {
      await session.close(0);
    }
  });
}

test('shows what it finds, the newest first, and tells by its exit status whether it found something', async () => {
  await withHub(async (host, { url, directory, send }) => {
    await send(0, ['GET /a 200', 'GET /b 500\u001b[2J', 'other']);
    writeFileSync(join(directory, 'key'), `${key}\n`);
    const asked = ['--hub', url, '--key-file', 'key'];
    const found = await run(host, ['search', 'GET', ...asked]);
    assert.equal(found.status, 0);
    const lines = found.out.trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => line.replace(/^\S+ /, '')),
      ['web a.log GET /b 500?[2J', 'web a.log GET /a 200'],
    );
    const limited = await run(host, ['search', 'GET', '--limit', '1', '--json', ...asked]);
    assert.equal(JSON.parse(limited.out).text, 'GET /b 500\u001b[2J');
    assert.equal((await run(host, ['search', 'GET', '404', ...asked])).status, 1);
    assert.equal((await run(host, ['search', 'GET', '--agent', 'db', ...asked])).status, 1);
  });
});

test('shows a caret below what is odd in a query', async () => {
  await withHub(async (host, { url, send }) => {
    await send(0, ['a "b']);
    const found = await run(host, ['search', 'a "b', '--hub', url, '--key', key]);
    assert.equal(found.status, 0);
    assert.match(found.err, /^a "b\n {2}\^\nThis quotation mark/);
  });
});

test('says what to do when the hub does not answer or refuses, with exit status 2', async () => {
  await withHub(async (host, { url }) => {
    const wrong = await run(host, ['search', 'a', '--hub', url, '--key', 'sesamo']);
    assert.deepEqual(
      [wrong.status, /\(SEARCH_HUB_SILENT\)/.test(wrong.err), /401/.test(wrong.err)],
      [2, true, true],
    );
    assert.equal(wrong.err.includes('sesamo'), false);
    const odd = await run(host, ['search', 'a', '--hub', url, '--key', key, '--since', 'yesterday']);
    assert.deepEqual([odd.status, /since is no moment/.test(odd.err)], [2, true]);
    const nobody = await run(host, ['search', 'a', '--hub', 'http://127.0.0.1:1']);
    assert.deepEqual([nobody.status, /ECONNREFUSED/.test(nobody.err)], [2, true]);
  });
});

test('follows what comes, the oldest first and each line once, until it is stopped', async () => {
  await withHub(async (host, { url, send }) => {
    const end = await send(0, ['GET /a', 'GET /b', 'other']);
    const following = start(host, ['search', 'GET', '--follow', '--hub', url, '--key', key]);
    await until('the lines are shown', () => following.out().includes('/b'));
    await send(end, ['GET /c', 'no', 'GET /d']);
    await until('the lines are shown', () => following.out().includes('/d'));
    following.signal('SIGINT');
    const { status, out } = await following.ended;
    assert.equal(status, 0);
    const texts = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ').slice(3).join(' '));
    assert.deepEqual(texts, ['GET /a', 'GET /b', 'GET /c', 'GET /d']);
  });
});

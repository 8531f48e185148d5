import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run, start as startProgram } from '../../test/support/terminal.ts';
import { until } from '../../test/support/until.ts';
import { type HttpReply, type Net, NetError, type ServeOptions } from '../host/net.ts';
import { createHost } from '../host/node/host.ts';
import { silentLog } from '../host/selflog.ts';
import type { SignalName } from './command.ts';
import { type RunOptions, runHub } from './hub.ts';
import type { HubSession } from './hub-session.ts';

const host = createHost();

interface Running {
  readonly session: HubSession;
  readonly ended: Promise<void>;
  signal(name: SignalName): void;
  get(path: string, key: string): Promise<HttpReply>;
}

function directoryFor(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-hub-command-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

async function start(dataDirectory: string, changes: Partial<RunOptions> = {}): Promise<Running> {
  const handlers = new Map<SignalName, () => void>();
  const signals: RunOptions['signals'] = {
    on: (name, heard) => {
      handlers.set(name, heard);
      return () => handlers.delete(name);
    },
  };
  return new Promise((resolve, reject) => {
    const ended = runHub(host, {
      ...{ listen: { host: '127.0.0.1', port: 0 }, dataDirectory, key: null, log: silentLog, signals },
      ...changes,
      opened: (session) =>
        resolve({
          ...{ session, ended, signal: (name: SignalName) => handlers.get(name)?.() },
          get: (path, key) =>
            host.net.send({
              ...{ method: 'GET', url: `${session.url}${path}`, headers: { 'x-api-key': key } },
              ...{ body: [], timeoutMs: 10_000, replyBytesMax: 1_000_000 },
            }),
        }),
    });
    ended.catch(reject);
  });
}

test('answers until a signal, closes, and keeps its key for the next start', async (context) => {
  const directory = directoryFor(context);
  const first = await start(directory);
  const key = first.session.newKey!;
  assert.equal((await first.get('/api/agents', key)).status, 200);
  assert.equal((await first.get('/api/agents', 'wrong')).status, 401);
  first.signal('SIGTERM');
  await first.ended;

  const second = await start(directory);
  assert.equal(second.session.newKey, null);
  assert.equal((await second.get('/api/agents', key)).status, 200);
  second.signal('SIGINT');
  await second.ended;
});

test('a live tail does not hold up the end', async (context) => {
  const hub = await start(directoryFor(context));
  const tail = hub.get('/api/tail', hub.session.newKey!);
  await hub.get('/health', '');
  hub.signal('SIGTERM');
  await hub.ended;
  await tail.catch(() => undefined);
});

test('serves the built page with its scripts and nothing else of the disk', async (context) => {
  const hub = await start(directoryFor(context));
  const page = await hub.get('/', '');
  assert.match(Buffer.from(page.body).toString(), /^<!doctype html>/);
  assert.equal((await hub.get('/page.js', '')).headers['content-type'], 'text/javascript; charset=utf-8');
  for (const path of ['/../package.json', '/%2e%2e/package.json', '/page.js/../../package.json']) {
    assert.equal((await hub.get(path, '')).status, 404, path);
  }
  hub.signal('SIGTERM');
  await hub.ended;
});

test('a taken port and a second hub on the same data are named', async (context) => {
  const directory = directoryFor(context);
  const hub = await start(directory);
  await assert.rejects(start(directory), { code: 'HUB_LOCKED' });
  const listen = { host: '127.0.0.1', port: Number(new URL(hub.session.url).port) };
  await assert.rejects(start(directoryFor(context), { listen }), { code: 'HUB_LISTEN_FAILED' });
  hub.signal('SIGTERM');
  await hub.ended;
});

test('without the key a body is refused before it is sent', async (context) => {
  const hub = await start(directoryFor(context));
  const socket = connect(Number(new URL(hub.session.url).port), '127.0.0.1');
  socket.write('POST /api/logs HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
  const [reply] = await once(socket, 'data');
  assert.match(String(reply), /^HTTP\/1.1 401 .*KEY_MISSING/s);
  socket.destroy();
  hub.signal('SIGTERM');
  await hub.ended;
});

test('an empty address to listen on is the loopback, not every network', async (context) => {
  const asked: ServeOptions['listen'][] = [];
  const serve: Net['serve'] = ({ listen }) => {
    asked.push(listen);
    return Promise.reject(new NetError('EADDRINUSE', 'taken'));
  };
  const words = ['hub', '--listen', '', '--data', directoryFor(context)];
  assert.equal((await run({ ...host, net: { ...host.net, serve } }, words)).status, 3);
  assert.deepEqual(asked, [{ host: '127.0.0.1', port: 5000 }]);
});

test('the key comes from a file too, and a file that cannot be read is named', async (context) => {
  const directory = directoryFor(context);
  const file = join(directory, 'key');
  const words = ['hub', '--key-file', file, '--data', join(directory, 'hub'), '--port', '0'];
  assert.match(
    (await run(host, words)).err,
    /\/key that `--key-file` names.*ENOENT.*\(CONFIG_FILE_UNREADABLE\)/s,
  );
  writeFileSync(file, 'key-of-the-file\n', { mode: 0o600 });
  const hub = startProgram(host, words);
  await until('it answers', () => hub.out().includes('http://'));
  const [url] = /http:\/\/[\d.]+:\d+/.exec(hub.out())!;
  const reply = await host.net.send({
    method: 'GET',
    url: `${url}/api/agents`,
    headers: { 'x-api-key': 'key-of-the-file' },
    body: [],
    timeoutMs: 10_000,
    replyBytesMax: 4096,
  });
  assert.equal(reply.status, 200);
  hub.signal('SIGTERM');
  await hub.ended;
});

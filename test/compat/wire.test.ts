/** The outputs over a real socket, against servers that behave as the deployed ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHost } from '../../src/host/node/host.ts';
import { openOutput } from '../../src/output/open.ts';
import type { OutputSettings } from '../../src/settings/agent.ts';
import { batchOf, lines } from './batches.ts';
import { captivePortal, ilaSocServer, syncLogsServer } from './seed-servers.ts';
import { serveOnSocket } from './socket.ts';

const key = 's3cret';
const signal = new AbortController().signal;
const { batch, body } = batchOf(lines('uno\n\nseñal\n'), lines('tres\n', { path: '/var/log/b.log' }));

function open(type: OutputSettings['type'], url: string, changes: Partial<OutputSettings> = {}) {
  const settings: OutputSettings = {
    name: 'default',
    type,
    url,
    key,
    ca: null,
    timeoutMs: 10_000,
    gzip: 'auto',
    source: 'web-1',
    path: '',
    format: 'ndjson',
    bodyBytesMax: 7500,
    recordBytesMax: 6000,
    ...changes,
  };
  return openOutput(createHost(), settings, {
    agentId: 'agent-7',
    version: '1.2.3',
    freshKey: null,
    standardOutput: () => Promise.resolve(),
  });
}

test('sync-logs: a batch arrives, with 200, 201 and 204', async () => {
  for (const success of [200, 201, 204] as const) {
    const server = syncLogsServer({ key, success });
    await using socket = await serveOnSocket(server.handle);
    const output = open('sync-logs', `${socket.url}/api`);
    const { outcome, blank } = await output.send(batch, body, signal);
    assert.deepEqual(outcome, { kind: 'acked', records: 3, duplicates: 0 });
    assert.deepEqual(blank, { lines: 1, bytes: 1 });
    assert.deepEqual(
      server.lines.map((line) => `${line.source} ${line.text}`),
      ['web-1 uno', 'web-1 señal', 'web-1 tres'],
    );
  }
});

test('ila-soc and hub: an agent registers, sends, and is registered again after the server forgot it', async () => {
  for (const type of ['ila-soc', 'hub'] as const) {
    const server = ilaSocServer({ key });
    await using socket = await serveOnSocket(server.handle);
    const output = open(type, socket.url);
    assert.equal((await output.send(batch, body, signal)).outcome.kind, 'acked');
    server.forget();
    const report = { lagBytes: 0, spoolBytes: 0, deadLetters: 0, version: '1.2.3' };
    assert.equal(await output.heartbeat(report, signal), null);
    assert.ok(server.agents.has('agent-7'));
    assert.deepEqual(
      server.lines.map((line) => `${line.source} ${line.text}`),
      ['app.log uno', 'app.log señal', 'b.log tres'],
    );
  }
});

test('a captive portal is no success, and the batch arrives once it is gone', async () => {
  const server = syncLogsServer({ key });
  await using socket = await serveOnSocket(server.handle);
  server.interrupt(captivePortal);
  const output = open('sync-logs', `${socket.url}/api/logs`);
  const { outcome } = await output.send(batch, body, signal);
  assert.match(outcome.kind === 'rejected' ? outcome.reason : '', /a web page came instead/);
  assert.equal((await output.send(batch, body, signal)).outcome.kind, 'acked');
  assert.equal(server.lines.length, 3);
});

test('a server that is gone is an absent destination, named with its URL and the cause', async () => {
  const socket = await serveOnSocket(ilaSocServer({ key }).handle);
  await socket[Symbol.asyncDispose]();
  const refused = await open('ila-soc', socket.url).connect(signal);
  assert.equal(refused?.kind === 'retry' && refused.cause, 'away');
  assert.match(
    refused?.kind === 'retry' ? refused.reason : '',
    /127\.0\.0\.1.*nothing listens there.*ECONNREFUSED/,
  );
});

test('a TLS output towards a port without TLS says so', async () => {
  await using socket = await serveOnSocket(ilaSocServer({ key }).handle);
  const outcome = await open('ila-soc', socket.url.replace('http:', 'https:')).connect(signal);
  assert.match(outcome?.kind === 'retry' ? outcome.reason : '', /does not speak TLS there/);
});

test('a key that no header can carry is refused before anything is sent', () => {
  assert.throws(() => open('hub', 'http://127.0.0.1:9', { key: 'a\r\nb' }), {
    code: 'OUTPUT_KEY_UNSENDABLE',
  });
});

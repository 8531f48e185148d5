/**
 * The requests of every protocol, byte for byte, against files written by hand from the protocols: method, path,
 * headers in order, body. They go through the whole HTTP output, so that what is compared is what leaves the agent.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import type { ClientRequest, HttpRequest, ServerReply } from '../../src/host/net.ts';
import { openHttpOutput } from '../../src/output/http.ts';
import type { Output } from '../../src/output/output.ts';
import { hub } from '../../src/protocol/hub.ts';
import { ilaSoc } from '../../src/protocol/ila-soc.ts';
import { receipt, registerOffer } from '../../src/protocol/ingest.ts';
import type { Protocol, WireRequest } from '../../src/protocol/protocol.ts';
import { syncLogs, syncLogsBase, syncLogsLimits } from '../../src/protocol/sync-logs.ts';
import { batchOf, cut, gap, lines, readAtMsOfTests } from './batches.ts';
import { directNet } from './direct-net.ts';
import { ilaSocServer, json, syncLogsServer } from './seed-servers.ts';

const key = 's3cret';
const agent = { agentId: 'agent-7', hostname: 'web-1', osType: 'Linux', version: '1.2.3' } as const;
const session = { ...agent, key, envelope: 0, gzip: false };
const signal = new AbortController().signal;
const report = { lagBytes: 10, spoolBytes: 20, deadLetters: 3, version: '1.2.3' };
const plainSyncLogs = syncLogs({ source: 'servidor_ñ', ...syncLogsLimits });

const auth = {
  stream: '0123456789abcdef0123456789abcdef',
  path: '/var/log/auth.log',
  from: 100,
};
const authLines =
  '2025-11-29 10:00:00 INFO Recarga exitosa: señal 50%\n  {"level":"error","path":"C:\\tmp"}  \r\n\n';
const appLines = Buffer.concat([Buffer.from('tab\tinside \x1b[0m\n'), Buffer.from('caf\xe9\n', 'latin1')]);
const twoFiles = [lines(authLines, auth), lines(appLines, { path: '/var/log/app.log' })];

function open(protocol: Protocol, url: string, handle: (request: HttpRequest) => Promise<ServerReply>) {
  const net = directNet(handle);
  const output = openHttpOutput(
    {
      net,
      clock: { now: () => readAtMsOfTests, monotonicMs: () => 0, sleep: () => Promise.resolve() },
      work: {
        encodings: [],
        compress: () => Promise.reject(new Error('nothing is compressed here')),
        decompress: () => Promise.reject(new Error('nothing is compressed here')),
        gunzip: () => assert.fail('nothing is compressed here'),
        turn: () => assert.fail('nothing waits here'),
        sha256: () => '',
        signer: () => assert.fail('nothing is signed here'),
        verify: () => assert.fail('nothing is signed here'),
      },
    },
    {
      protocol,
      baseUrl: url,
      agent,
      key,
      freshKey: null,
      ca: null,
      timeoutMs: 10_000,
      gzip: 'never',
    },
  );
  return { net, output };
}

function golden(name: string): string {
  const folder = resolve(import.meta.dirname, '../../../test/compat/fixtures');
  return readFileSync(resolve(folder, `${name}.http`), 'utf8');
}

function written(request: WireRequest | ClientRequest): string {
  const path = 'url' in request ? request.url.replace(/^http:\/\/[^/]*/, '') : request.path;
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\n`);
  const body = Buffer.concat(request.body).toString();
  return `${request.method} ${path}\n${headers.join('')}\n${body}`;
}

async function ackedBy(output: Output, pieces: Parameters<typeof send>[1]): Promise<void> {
  assert.equal((await send(output, pieces)).outcome.kind, 'acked');
}

function send(output: Output, pieces: readonly ReturnType<typeof lines>[]) {
  const { batch, body } = batchOf(...pieces);
  return output.send(batch, body, signal);
}

test('sync-logs sends a batch as its golden request, and the deployed server takes it', async () => {
  const server = syncLogsServer({ key });
  for (const url of ['http://h:8000/api', 'http://h:8000/api/', 'http://h:8000/api/logs']) {
    const { net, output } = open(plainSyncLogs, syncLogsBase(url), server.handle);
    await ackedBy(output, twoFiles);
    assert.equal(written(net.sent[0]!), golden('sync-logs.logs'));
  }
  assert.equal(server.lines.length, 12);
});

test('sync-logs probes with its golden requests', () => {
  const [first, second] = plainSyncLogs.probe(session, readAtMsOfTests);
  const under = (request: WireRequest) => written({ ...request, path: `/api${request.path}` });
  assert.equal(under(first!), golden('sync-logs.test'));
  assert.equal(under(second!), golden('sync-logs.logs-empty'));
});

test('ila-soc registers, sends and beats as its golden requests, and the deployed server takes them', async () => {
  const server = ilaSocServer({ key });
  const { net, output } = open(ilaSoc, 'http://h:5000', server.handle);
  assert.equal(await output.connect(signal), null);
  await ackedBy(output, twoFiles);
  assert.equal(await output.heartbeat(report, signal), null);
  assert.deepEqual(net.sent.map(written), [
    golden('ila-soc.register'),
    golden('ila-soc.ingest-batch'),
    golden('ila-soc.heartbeat'),
  ]);
  assert.deepEqual(
    server.lines.map((line) => line.source),
    ['auth.log', 'auth.log', 'app.log', 'app.log'],
  );
});

test('the hub output speaks plain ila-soc to a server that offers nothing', async () => {
  const { net, output } = open(hub, 'http://h:5000', ilaSocServer({ key }).handle);
  await ackedBy(output, twoFiles);
  await output.heartbeat(report, signal);
  assert.deepEqual(net.sent.map(written), [
    golden('ila-soc.register'),
    golden('ila-soc.ingest-batch'),
    golden('ila-soc.heartbeat'),
  ]);
});

test('the hub output sends the envelope as its golden request to a server that offers it', async () => {
  const { net, output } = open(hub, 'http://h:5000', async (request) => {
    if (request.path.endsWith('/register')) return json(200, { status: 'success', almadia: registerOffer });
    const counts = { records: 6, duplicates: 0 };
    return json(200, { status: 'success', total: 6, almadia: receipt('f'.repeat(64), counts) });
  });
  const at = appLines.length;
  const place = { path: '/var/log/app.log' };
  await ackedBy(output, [
    ...twoFiles,
    cut('begin', 5000, { ...place, from: at }),
    gap(70, 'truncated-before-read', { ...place, from: at + 5000 }),
  ]);
  assert.equal(written(net.sent[0]!), golden('ila-soc.register'));
  assert.equal(written(net.sent[1]!), golden('hub.ingest-batch'));
});

test('the hub output beats and probes with the envelope as its golden requests', () => {
  const enveloped = { ...session, envelope: 1 };
  assert.equal(written(hub.presence!.heartbeat(enveloped, report)), golden('hub.heartbeat'));
  assert.deepEqual(hub.probe(enveloped, 0).map(written), [golden('hub.dry-run')]);
});

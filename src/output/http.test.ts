import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { batchOf, lines } from '../../test/compat/batches.ts';
import { directNet } from '../../test/compat/direct-net.ts';
import {
  captivePortal,
  captivePortalWithoutType,
  ilaSocServer,
  json,
  page,
  syncLogsServer,
} from '../../test/compat/seed-servers.ts';
import type { Outcome } from '../event/outcome.ts';
import type { HttpRequest, ServerReply } from '../host/net.ts';
import { hub } from '../protocol/hub.ts';
import { ilaSoc } from '../protocol/ila-soc.ts';
import { receipt, registerOffer } from '../protocol/ingest.ts';
import { syncLogs, syncLogsLimits } from '../protocol/sync-logs.ts';
import { type HttpOutputOptions, isSendableKey, openHttpOutput } from './http.ts';

const signal = new AbortController().signal;
const { batch, body } = batchOf(lines('one\n\ntwo\n'));
const report = { lagBytes: 0, spoolBytes: 0, deadLetters: 0, version: '1' };
const plainSyncLogs = syncLogs({ source: 's', ...syncLogsLimits });

function open(
  handle: (request: HttpRequest) => Promise<ServerReply>,
  options: Partial<HttpOutputOptions> & Pick<HttpOutputOptions, 'protocol'>,
) {
  const net = directNet(handle);
  const output = openHttpOutput(
    {
      net,
      clock: { now: () => 0, monotonicMs: () => 0, sleep: () => Promise.resolve() },
      work: {
        encodings: ['gzip'],
        compress: async (_encoding, parts) => gzipSync(Buffer.concat(parts)),
        decompress: () => Promise.reject(new Error('not here')),
        gunzip: () => assert.fail('not here'),
        turn: () => assert.fail('not here'),
        sha256: () => '',
        signer: () => assert.fail('not here'),
        verify: () => assert.fail('not here'),
      },
    },
    {
      baseUrl:
        options.protocol.presence === null ? 'http://logs.example:5000/api' : 'http://logs.example:5000',
      agent: { agentId: 'a', hostname: 'h', osType: 'Linux', version: '1' },
      key: 'k-one',
      freshKey: null,
      ca: null,
      timeoutMs: 1000,
      gzip: 'auto',
      ...options,
    },
  );
  const pathsSent = () => net.sent.map((request) => new URL(request.url).pathname.replace('/api/agent/', ''));
  const send = async () => (await output.send(batch, body, signal)).outcome;
  return { net, output, send, pathsSent };
}

function brief(outcome: Outcome | null): string {
  if (outcome === null || outcome.kind === 'acked') return outcome?.kind ?? 'ready';
  return `${outcome.kind} ${outcome.cause}`;
}

function reasonOf(outcome: Outcome): string {
  return outcome.kind === 'acked' ? '' : outcome.reason;
}

/** A hub that takes the envelope and checks nothing. */
function hubServer(): (request: HttpRequest) => Promise<ServerReply> {
  return async (request) => {
    if (request.path.endsWith('/register')) return json(200, { status: 'success', almadia: registerOffer });
    const zipped = request.headers['content-encoding'] === 'gzip';
    const sent = JSON.parse(Buffer.from(zipped ? gunzipSync(request.body) : request.body).toString());
    if (sent.almadia === undefined) return json(200, { status: 'success', total: sent.logs.length });
    const counts = { records: sent.logs.length, duplicates: 0 };
    return json(200, { status: 'success', almadia: receipt(sent.almadia.batch_id, counts) });
  };
}

test('registers once, then sends batches, and tells what the protocol set aside', async () => {
  const server = ilaSocServer({ key: 'k-one' });
  const { output, pathsSent } = open(server.handle, { protocol: ilaSoc });
  const delivery = await output.send(batch, body, signal);
  assert.deepEqual(delivery, {
    outcome: { kind: 'acked', records: 2, duplicates: 0 },
    blank: { lines: 1, bytes: 1 },
    cut: { lines: 0, bytes: 0 },
  });
  await output.send(batch, body, signal);
  assert.deepEqual(pathsSent(), ['register', 'ingest-batch', 'ingest-batch']);
});

test('acks blank lines alone without a request', async () => {
  const { output, net } = open(syncLogsServer({ key: 'k-one' }).handle, { protocol: plainSyncLogs });
  const blank = batchOf(lines('\n \n'));
  const delivery = await output.send(blank.batch, blank.body, signal);
  assert.equal(delivery.outcome.kind, 'acked');
  assert.deepEqual(delivery.blank, { lines: 2, bytes: 3 });
  assert.equal(net.sent.length, 0);
});

test('takes every failure of the network for an absent destination, and says in words what it is', async () => {
  const words: Record<string, RegExp> = {
    ENOTFOUND: /DNS does not know/,
    ECONNREFUSED: /nothing listens there/,
    CERT_HAS_EXPIRED: /expired; renew it/,
    TIMEOUT: /did not answer in time/,
    EWEIRD: /simulated EWEIRD/,
  };
  for (const [code, expected] of Object.entries(words)) {
    const { net, send } = open(ilaSocServer({ key: 'k-one' }).handle, { protocol: ilaSoc });
    net.failNext(code);
    const outcome = await send();
    assert.equal(brief(outcome), 'retry away');
    assert.match(reasonOf(outcome), expected);
    assert.ok(reasonOf(outcome).includes(`http://logs.example:5000/api/agent/register`));
    assert.ok(reasonOf(outcome).endsWith(`(${code})`));
  }
});

test('shows no credentials of a URL', async () => {
  const { net, send } = open(() => Promise.reject(new Error()), {
    protocol: ilaSoc,
    baseUrl: 'http://user:hunter2@logs.example/x',
  });
  net.failNext('ECONNREFUSED');
  const reason = reasonOf(await send());
  assert.ok(!reason.includes('hunter2') && reason.includes('http://logs.example/x/api/agent/register'));
});

test('registers again after the destination was away, and not after one batch was refused', async () => {
  const server = ilaSocServer({ key: 'k-one' });
  const { net, output, send, pathsSent } = open(server.handle, { protocol: ilaSoc });
  await output.connect(signal);
  net.failNext('ECONNRESET');
  assert.equal(brief(await send()), 'retry away');
  server.interrupt(json(503, {}));
  assert.equal(brief(await send()), 'retry away');
  assert.equal(brief(await send()), 'acked');
  server.interrupt(json(422, {}));
  assert.equal(brief(await send()), 'rejected content');
  assert.equal(brief(await send()), 'acked');
  const expected = [
    'register',
    'ingest-batch',
    'register',
    'register',
    'ingest-batch',
    'ingest-batch',
    'ingest-batch',
  ];
  assert.deepEqual(pathsSent(), expected);
});

test('registers again when a heartbeat finds the agent forgotten', async () => {
  const server = ilaSocServer({ key: 'k-one' });
  const { output, pathsSent } = open(server.handle, { protocol: ilaSoc });
  assert.equal(await output.heartbeat(report, signal), null);
  server.forget();
  assert.equal(await output.heartbeat(report, signal), null);
  assert.deepEqual(pathsSent(), ['register', 'heartbeat', 'heartbeat', 'register']);
  assert.ok(server.agents.has('a'));
});

test('registers again and sends again, once, when a batch is answered with 404', async () => {
  const server = ilaSocServer({ key: 'k-one' });
  const { output, send, pathsSent } = open(server.handle, { protocol: ilaSoc });
  await output.connect(signal);
  server.interrupt(json(404, { status: 'error' }));
  assert.equal(brief(await send()), 'acked');
  assert.deepEqual(pathsSent(), ['register', 'ingest-batch', 'register', 'ingest-batch']);
  const elsewhere = open(async () => page(404, 'Not Found'), { protocol: ilaSoc });
  assert.equal(brief(await elsewhere.send()), 'rejected destination');
  assert.deepEqual(elsewhere.pathsSent(), ['register']);
});

test('picks up a new key when the old one is refused, and sends the same batch with it', async () => {
  const server = syncLogsServer({ key: 'k-two' });
  let current = 'k-one';
  const { send, net } = open(server.handle, {
    protocol: plainSyncLogs,
    freshKey: async () => current,
  });
  assert.equal(brief(await send()), 'rejected destination');
  assert.equal(net.sent.length, 1);
  current = 'bad\r\nx-evil: 1';
  assert.equal(brief(await send()), 'rejected destination');
  current = 'k-two';
  assert.equal(brief(await send()), 'acked');
  assert.equal(net.sent.at(-1)!.headers['x-api-key'], 'k-two');
  assert.equal(server.lines.length, 2);
});

test('keeps the old key when the new one cannot be read', async () => {
  const { send } = open(syncLogsServer({ key: 'other' }).handle, {
    protocol: plainSyncLogs,
    freshKey: () => Promise.reject(new Error('no such file')),
  });
  assert.equal(brief(await send()), 'rejected destination');
});

test('never repeats the key in a reason', async () => {
  const { send } = open(async () => json(403, { message: 'bad key k-one' }), { protocol: plainSyncLogs });
  assert.match(reasonOf(await send()), /bad key \*\*\*/);
});

test('compresses only where the server said that it takes gzip', async () => {
  const large = batchOf(lines(`${'x'.repeat(5000)}\n`));
  const encodings = async (
    handle: Parameters<typeof open>[0],
    options: Parameters<typeof open>[1],
  ): Promise<readonly (string | undefined)[]> => {
    const { output, net } = open(handle, options);
    assert.equal((await output.send(large.batch, large.body, signal)).outcome.kind, 'acked');
    return net.sent.map((request) => request.headers['content-encoding']);
  };
  assert.deepEqual(await encodings(hubServer(), { protocol: hub }), [undefined, 'gzip']);
  assert.deepEqual(await encodings(hubServer(), { protocol: hub, gzip: 'never' }), [undefined, undefined]);
  const plain = ilaSocServer({ key: 'k-one' });
  assert.deepEqual(await encodings(plain.handle, { protocol: hub }), [undefined, undefined]);
  assert.deepEqual(await encodings(plain.handle, { protocol: ilaSoc }), [undefined, undefined]);
});

test('learns it when a hub with the envelope is replaced by a server without, and comes back', async () => {
  const plain = ilaSocServer({ key: 'k-one' });
  let serve = hubServer();
  const { net, send } = open((request) => serve(request), { protocol: hub });
  assert.equal(brief(await send()), 'acked');
  serve = plain.handle;
  assert.equal(brief(await send()), 'retry fault');
  assert.equal(brief(await send()), 'acked');
  serve = hubServer();
  net.failNext('ECONNRESET');
  assert.equal(brief(await send()), 'retry away');
  assert.equal(brief(await send()), 'acked');
  assert.match(Buffer.concat(net.sent.at(-1)!.body).toString(), /"batch_id"/);
});

test('takes a captive portal for no success, even for a moment', async () => {
  for (const portal of [captivePortal, captivePortalWithoutType]) {
    const a = syncLogsServer({ key: 'k-one' });
    const toA = open(a.handle, { protocol: plainSyncLogs });
    a.interrupt(portal);
    assert.equal(brief(await toA.send()), 'rejected destination');
    assert.equal(brief(await toA.send()), 'acked');
    const b = ilaSocServer({ key: 'k-one' });
    const toB = open(b.handle, { protocol: ilaSoc });
    b.interrupt(portal, { count: 2 });
    assert.equal(brief(await toB.output.connect(signal)), 'rejected destination');
    assert.equal(brief(await toB.output.heartbeat(report, signal)), 'rejected destination');
    assert.equal(brief(await toB.send()), 'acked');
  }
});

test('refuses a request over the limit of the protocol without sending it', async () => {
  const server = syncLogsServer({ key: 'k-one' });
  const { output, net } = open(server.handle, { protocol: plainSyncLogs });
  const large = batchOf(lines(`${'x'.repeat(90)}\n`.repeat(100)));
  const { outcome } = await output.send(large.batch, large.body, signal);
  assert.equal(brief(outcome), 'rejected size');
  assert.equal(net.sent.length, 0);
});

test('hands 413 of the server on, so that the batch is split', async () => {
  const server = syncLogsServer({ key: 'k-one', bodyBytesMax: 20 });
  const { send } = open(server.handle, { protocol: plainSyncLogs });
  assert.equal(brief(await send()), 'rejected size');
});

test('ends a send as not known when it is aborted', async () => {
  const { output } = open(syncLogsServer({ key: 'k-one' }).handle, { protocol: plainSyncLogs });
  const { outcome } = await output.send(batch, body, AbortSignal.abort());
  assert.equal(brief(outcome), 'retry away');
});

test('knows which keys a header can carry', () => {
  for (const key of ['a', 'abc DEF-123._~+/=', 'x'.repeat(500)]) assert.ok(isSendableKey(key));
  for (const key of ['', ' a', 'a ', 'a\n', 'a\r\nb: c', 'ñ', '\u0000']) assert.ok(!isSendableKey(key));
});

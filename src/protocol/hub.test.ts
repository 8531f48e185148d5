/** Protocol B, plain and with the envelope: what one end writes, the other reads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { batchOf, cut, gap, lines, type Piece, readAtMsOfTests } from '../../test/compat/batches.ts';
import type { HttpReply } from '../host/net.ts';
import { hub } from './hub.ts';
import { decodeRegistration, ilaSoc } from './ila-soc.ts';
import { decodeHeartbeat, decodeIngest, hubOffer, receipt } from './ingest.ts';
import type { Protocol } from './protocol.ts';
import type { ReceivedBatch } from './received.ts';

const plain = {
  agentId: 'agent-1',
  hostname: 'h',
  osType: 'Linux',
  key: 'k',
  version: '1',
  envelope: 0,
  gzip: false,
} as const;
const enveloped = { ...plain, envelope: 1 };

function bytesOf(protocol: Protocol, session: typeof plain | typeof enveloped, pieces: readonly Piece[]) {
  const { batch, body } = batchOf(...pieces);
  const encoded = protocol.encode(batch, body, session);
  return { batch, encoded, bytes: Buffer.concat(encoded.request?.body ?? []) };
}

function decoded(bytes: Uint8Array): ReceivedBatch {
  const result = decodeIngest(bytes);
  assert.equal(result.kind, 'decoded', result.kind === 'refused' ? result.reason : '');
  return (result as Extract<typeof result, { kind: 'decoded' }>).value;
}

function reply(status: number, body: unknown): HttpReply {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers: {}, body: Buffer.from(text), cut: false };
}

function answer(protocol: Protocol, session: typeof plain | typeof enveloped, given: HttpReply) {
  const { batch, encoded } = bytesOf(protocol, session, [lines('one\ntwo\n')]);
  const outcome = protocol.classify(given, { batch, encoded, nowMs: 0 });
  return outcome.kind === 'acked'
    ? `acked ${outcome.records} ${outcome.duplicates}`
    : `${outcome.kind} ${outcome.cause}`;
}

test('plain: the hub reads lines unstripped, with base name and time; blank ones are counted, not sent', () => {
  const { encoded, bytes } = bytesOf(ilaSoc, plain, [
    lines('  one \r\n \n'),
    lines('two', { path: '/x/y.log' }),
  ]);
  assert.deepEqual(encoded.blank, { lines: 1, bytes: 2 });
  assert.equal(encoded.records, 2);
  const { agentId, records, envelope } = decoded(bytes);
  assert.equal(agentId, 'agent-1');
  assert.equal(envelope, null);
  assert.deepEqual(
    records.map((record) => [Buffer.from(record.bytes).toString(), record.source, record.timestampMs]),
    [
      ['  one ', 'app.log', readAtMsOfTests],
      ['two', 'y.log', readAtMsOfTests],
    ],
  );
});

test('plain: nothing is sent of blank lines alone', () => {
  assert.equal(bytesOf(ilaSoc, plain, [lines('\n\n')]).encoded.request, null);
});

test('without an offer, the output of the hub sends plain protocol B, byte for byte', () => {
  const pieces = [lines('one\n\xff\n\n'), cut('begin', 99)];
  assert.deepEqual(bytesOf(hub, plain, pieces).bytes, bytesOf(ilaSoc, plain, pieces).bytes);
});

/** Bytes of lines with every kind of end, and the unfinished last one. */
const content = fc
  .array(fc.constantFrom('a', 'ñ', '\n', '\r\n', '\r', ' ', '"', '\u0000'), { maxLength: 30 })
  .chain((parts) =>
    fc.uint8Array({ maxLength: 2 }).map((tail) => Buffer.concat([Buffer.from(parts.join('')), tail])),
  );

test('envelope: the hub can tell every byte of the file from records and ends', () => {
  fc.assert(
    fc.property(fc.array(content, { minLength: 1, maxLength: 4 }), fc.nat(1000), (contents, from) => {
      const pieces = contents.map((bytes) => lines(bytes, { from }));
      const { encoded, bytes } = bytesOf(hub, enveloped, pieces);
      const { records, envelope } = decoded(bytes);
      assert.equal(records.length, encoded.records);
      assert.deepEqual(
        envelope!.segments.map((segment) => {
          assert.equal(segment.kind, 'lines');
          if (segment.kind !== 'lines') return '';
          let before = segment.from;
          return segment.records
            .map((record, index) => {
              const lineEnd = segment.ends[index]! - before - record.bytes.length;
              before = segment.ends[index]!;
              return Buffer.from(record.bytes).toString('latin1') + ['', '\n', '\r\n'][lineEnd]!;
            })
            .join('');
        }),
        contents.map((bytes) => bytes.toString('latin1')),
      );
    }),
  );
});

test('envelope: carries cut lines and gaps, and bytes that are not UTF-8 beside their text', () => {
  const { bytes } = bytesOf(hub, enveloped, [
    lines(Buffer.from('a\xff\n', 'latin1')),
    cut('begin', 5000, { from: 3 }),
    gap(70, 'truncated-before-read', { from: 5003 }),
  ]);
  const body = JSON.parse(bytes.toString());
  assert.equal(body.logs[0].log_text, 'a\uFFFD');
  assert.equal(body.logs[0].raw, Buffer.from('a\xff', 'latin1').toString('base64'));
  assert.equal(body.logs[1].original_bytes, 5000);
  assert.deepEqual(
    body.almadia.segments.map(
      (segment: { ends?: number[]; reason?: string }) => segment.ends ?? segment.reason,
    ),
    [[3], [5000], 'truncated-before-read'],
  );
  const { envelope, records } = decoded(bytes);
  assert.deepEqual(Buffer.from(records[0]!.bytes), Buffer.from('a\xff', 'latin1'));
  assert.deepEqual(
    envelope!.segments.map(({ kind, from, to }) => [kind, from, to]),
    [
      ['lines', 0, 3],
      ['cut', 3, 5003],
      ['gap', 5003, 5073],
    ],
  );
});

test('envelope: a batch of gaps alone is sent', () => {
  const { encoded, bytes } = bytesOf(hub, enveloped, [gap(7, 'unreadable')]);
  assert.equal(encoded.records, 0);
  assert.equal(decoded(bytes).envelope!.segments.length, 1);
});

test('envelope: the probe is a valid request that holds nothing', () => {
  const [probe] = hub.probe(enveloped, 0);
  assert.equal(probe!.path, '/api/agent/ingest-batch?dry_run=1');
  assert.deepEqual(decoded(Buffer.concat(probe!.body)).records, []);
});

test('plain: only success with the right total is an ack', () => {
  const table: readonly (readonly [string, HttpReply])[] = [
    ['acked 2 0', reply(200, { status: 'success', total: 2, malicious: 0 })],
    ['acked 2 0', reply(201, { status: 'success' })],
    ['retry fault', reply(200, { status: 'success', total: 1 })],
    ['retry fault', reply(200, { status: 'success', total: '2' })],
    ['retry fault', reply(200, { status: 'error' })],
    ['retry fault', reply(200, [])],
    ['retry fault', reply(200, '')],
    ['retry fault', reply(204, { status: 'success' })],
    ['rejected destination', reply(200, '<html>login</html>')],
    ['retry fault', { ...reply(200, { status: 'success' }), cut: true }],
    ['rejected content', reply(400, { status: 'error' })],
    ['retry fault', reply(500, { status: 'error' })],
  ];
  for (const [expected, given] of table) assert.equal(answer(ilaSoc, plain, given), expected);
});

test('envelope: only a receipt for this batch that counts every record is an ack', () => {
  const own = 'f'.repeat(64);
  const counts = { records: 1, duplicates: 1 };
  const good = { status: 'success', total: 2, almadia: receipt(own, counts) };
  assert.equal(answer(hub, enveloped, reply(200, good)), 'acked 2 1');
  const bad: readonly unknown[] = [
    { status: 'success', total: 2 },
    { ...good, total: 1 },
    { ...good, status: 'error' },
    { ...good, almadia: receipt('e'.repeat(64), counts) },
    { ...good, almadia: receipt(own, { records: 1, duplicates: 0 }) },
    { ...good, almadia: receipt(own, { records: 3, duplicates: -1 }) },
    { ...good, almadia: { batch_id: own } },
  ];
  for (const body of bad) assert.equal(answer(hub, enveloped, reply(200, body)), 'retry fault');
});

test('learns the envelope, blocks and encodings at registration, and only the hub output asks for them', () => {
  const chainless = { chain: 0, hub: null, link: null };
  const nothing = { kind: 'registered', envelope: 0, gzip: false, block: 0, encodings: [], ...chainless };
  const registered = (almadia: unknown) =>
    hub.presence!.registered(reply(200, { status: 'success', almadia }), 0);
  const offered = reply(200, { status: 'success', almadia: hubOffer(['br', 'gzip'], null) });
  const all = { ...nothing, envelope: 1, gzip: true, block: 1, encodings: ['br', 'gzip'] };
  assert.deepEqual(hub.presence!.registered(offered, 0), all);
  assert.deepEqual(ilaSoc.presence!.registered(offered, 0), nothing);
  for (const almadia of [undefined, null, 7, {}, { envelope: '1' }, { envelope: 0, gzip: true, block: 1 }]) {
    assert.deepEqual(registered(almadia), nothing);
  }
  assert.deepEqual(registered({ envelope: 1, gzip: true }), { ...all, block: 0, encodings: ['gzip'] });
  const odd = { envelope: 1, gzip: false, block: 'x', encodings: [7, 'zstd', ...Array(99).fill('a')] };
  const taken = ['zstd', ...Array(14).fill('a')];
  assert.deepEqual(registered(odd), { ...all, gzip: false, block: 0, encodings: taken });
  assert.equal(hub.presence!.registered(reply(401, {}), 0).kind, 'rejected');
});

test('a heartbeat reports only with the envelope, and 404 means unknown', () => {
  const report = { lagBytes: 1, spoolBytes: 2, deadLetters: 3, version: '1' };
  const bodyWith = (session: typeof plain | typeof enveloped) =>
    Buffer.concat(hub.presence!.heartbeat(session, report).body);
  assert.equal(bodyWith(plain).toString(), '{"agent_id":"agent-1"}');
  const received = decodeHeartbeat(bodyWith(enveloped));
  assert.deepEqual(received, {
    kind: 'decoded',
    value: { agentId: 'agent-1', report: { ...report, condition: null }, detail: null, events: [] },
  });
  assert.equal(hub.presence!.beaten(reply(404, {}), 0).kind, 'unknown');
  assert.equal(hub.presence!.beaten(reply(200, { status: 'success' }), 0).kind, 'acked');
  assert.equal(hub.presence!.beaten(reply(200, '<html>'), 0).kind, 'rejected');
});

test('the hub reads registrations, and does not stumble over what is missing', () => {
  const full = decodeRegistration(Buffer.from('{"agent_id":"a","hostname":"h","os_type":"Linux"}'));
  assert.deepEqual(full.kind === 'decoded' && full.value, {
    ...{ agentId: 'a', hostname: 'h', osType: 'Linux', instance: null, epoch: null },
  });
  assert.equal(decodeRegistration(Buffer.from('{"agent_id":"a"}')).kind, 'decoded');
  for (const text of ['', '[]', '{}', '{"agent_id":""}', '{"agent_id":7}']) {
    assert.equal(decodeRegistration(Buffer.from(text)).kind, 'refused', text);
  }
});

test('the hub refuses envelopes whose parts do not fit together', () => {
  const { bytes } = bytesOf(hub, enveloped, [lines('one\r\ntwo\n'), cut('begin', 50, { from: 9 })]);
  const wreck = (change: (body: ReturnType<typeof JSON.parse>) => void): string => {
    const body = JSON.parse(bytes.toString());
    change(body);
    const result = decodeIngest(Buffer.from(JSON.stringify(body)));
    return result.kind === 'refused' ? result.reason : 'decoded';
  };
  assert.equal(
    wreck(() => undefined),
    'decoded',
  );
  const wrecks: readonly ((body: ReturnType<typeof JSON.parse>) => void)[] = [
    (body) => delete body.agent_id,
    (body) => delete body.logs,
    (body) => body.logs.pop(),
    (body) => body.logs.push(body.logs[0]),
    (body) => delete body.logs[0].log_text,
    (body) => (body.logs[0].log_text = 'on'),
    (body) => (body.logs[0].log_text = 'one\n'),
    (body) => (body.logs[0].raw = 'not base64!'),
    (body) => (body.logs[0].raw = Buffer.from('one').toString('base64')),
    (body) => (body.almadia = []),
    (body) => delete body.almadia.batch_id,
    (body) => (body.almadia.segments = {}),
    (body) => (body.almadia.segments[0] = null),
    (body) => (body.almadia.segments[0].stream = '../../etc'),
    (body) => (body.almadia.segments[0].from = -1),
    (body) => (body.almadia.segments[0].to = 1e300),
    (body) => (body.almadia.segments[0].to = 8),
    (body) => (body.almadia.segments[0].ends = [3, 6]),
    (body) => (body.almadia.segments[0].ends = [5, 0]),
    (body) => (body.almadia.segments[0].ends = 'x'),
    (body) => (body.almadia.segments[0].kind = '__proto__'),
    (body) => (body.almadia.segments[1].ends = [25, 25]),
    (body) => (body.almadia.segments[1].kind = 'gap'),
  ];
  for (const change of wrecks) assert.notEqual(wreck(change), 'decoded', change.toString());
});

test('the hub throws at nothing', () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 4 }, fc.jsonValue({ maxDepth: 2 }), tie('object')),
    object: fc.dictionary(
      fc.constantFrom(
        'agent_id',
        'logs',
        'almadia',
        'segments',
        'ends',
        'log_text',
        'raw',
        'kind',
        '__proto__',
      ),
      tie('any'),
      { maxKeys: 5 },
    ),
  })).object;
  fc.assert(
    fc.property(value, (body) => {
      const bytes = Buffer.from(JSON.stringify(body));
      for (const decode of [decodeIngest, decodeHeartbeat, decodeRegistration]) {
        assert.ok(['decoded', 'refused'].includes(decode(bytes).kind));
      }
    }),
  );
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void decodeIngest(bytes)));
});

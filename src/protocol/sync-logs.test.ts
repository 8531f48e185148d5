import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { batchOf, cut, gap, lines, type Piece } from '../../test/compat/batches.ts';
import type { HttpReply } from '../host/net.ts';
import { decodeLogs, syncLogs, syncLogsBase, syncLogsLimits } from './sync-logs.ts';

const session = {
  agentId: 'a',
  hostname: 'h',
  osType: 'Linux',
  key: 'secret',
  version: '1.2.3',
  envelope: 0,
  gzip: false,
} as const;
const protocol = syncLogs({ source: 'web-1', ...syncLogsLimits });

function encode(...pieces: readonly Piece[]) {
  const { batch, body } = batchOf(...pieces);
  const encoded = protocol.encode(batch, body, session);
  const text = Buffer.concat(encoded.request?.body ?? []).toString();
  return { batch, encoded, text, logs: text === '' ? [] : (JSON.parse(text).logs as string[]) };
}

function answer(status: number, body = '', headers: Record<string, string> = {}) {
  const { batch, encoded } = encode(lines('one\n'));
  const reply: HttpReply = { status, headers, body: Buffer.from(body), cut: false };
  const outcome = protocol.classify(reply, { batch, encoded, nowMs: 0 });
  return outcome.kind === 'acked' ? 'acked' : `${outcome.kind} ${outcome.cause}`;
}

test('strips lines at both ends, keeps JSON a string, and leaves out blank ones counted with their line ends', () => {
  const { encoded, logs } = encode(lines(' one \r\n\n{"a":1}\n \t\u00a0\r\nlast'), gap(10, 'unreadable'));
  assert.deepEqual(logs, ['one', '{"a":1}', 'last']);
  assert.equal(encoded.records, 3);
  assert.deepEqual(encoded.blank, { lines: 2, bytes: 7 });
  assert.deepEqual(encoded.cut, { lines: 0, bytes: 0 });
});

test('sends nothing of blank lines and gaps alone, and counts them', () => {
  const { encoded } = encode(lines('\n \n'), gap(3, 'unreadable'));
  assert.equal(encoded.request, null);
  assert.deepEqual(encoded.blank, { lines: 2, bytes: 3 });
});

test('cuts a line over 6,000 bytes at a character, marks it and counts the bytes', () => {
  assert.equal(encode(lines(`${'x'.repeat(6000)}\n`)).logs[0], 'x'.repeat(6000));
  const { encoded, logs } = encode(lines(`${'x'.repeat(5999)}ñandú\n`));
  assert.equal(logs[0], `${'x'.repeat(5999)}...[TRUNCATED]`);
  assert.deepEqual(encoded.cut, { lines: 1, bytes: Buffer.byteLength('ñandú') });
});

test('cuts a line further whose escapes alone would exceed the body limit', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('\u0001', '"', '\\é', 'é"'),
      fc.integer({ min: 600, max: 6000 }),
      (unit, count) => {
        const { encoded, text, logs } = encode(lines(`${unit.repeat(count)}\n`));
        assert.ok(Buffer.byteLength(text) <= 7500);
        const whole = unit.repeat(count);
        const kept = logs[0]!.replace(/\.\.\.\[TRUNCATED\]$/, '');
        assert.ok(whole.startsWith(kept));
        assert.equal(encoded.cut.bytes, Buffer.byteLength(whole) - Buffer.byteLength(kept));
        if (kept !== whole) assert.ok(Buffer.byteLength(text) > 7480 || Buffer.byteLength(kept) > 5990);
      },
    ),
    { numRuns: 30 },
  );
});

test('marks a line that the agent had cut before', () => {
  const { encoded, logs } = encode(cut('beginning', 5000));
  assert.deepEqual(logs, ['beginning...[TRUNCATED]']);
  assert.deepEqual(encoded.cut, { lines: 0, bytes: 0 });
});

test('takes 200, 201 and 204 for success, whatever the body, but no page', () => {
  for (const status of [200, 201, 204]) assert.equal(answer(status, 'anything'), 'acked');
  assert.equal(answer(200, '<html>'), 'rejected destination');
  assert.equal(answer(200, '\n <!doctype html>'), 'rejected destination');
  assert.equal(answer(201, '{}', { 'content-type': 'text/html' }), 'rejected destination');
  assert.equal(answer(202, '{}'), 'retry fault');
  assert.equal(answer(503), 'retry away');
});

test('appends nothing to a URL that ends in /logs, and tests beside it', () => {
  assert.equal(syncLogsBase('http://h/api/'), 'http://h/api');
  assert.equal(syncLogsBase('http://h/api/logs'), 'http://h/api');
  assert.equal(syncLogsBase('http://h/api/logs//'), 'http://h/api');
  assert.equal(syncLogsBase('http://h/catalogs'), 'http://h/catalogs');
});

test('probes with /test first, then with an empty list', () => {
  const [first, second] = protocol.probe(session, 1_764_410_400_900);
  assert.equal(first!.path, '/test');
  assert.equal(JSON.parse(Buffer.concat(first!.body).toString()).test_run, true);
  assert.equal(second!.path, '/logs');
  assert.equal(Buffer.concat(second!.body).toString(), '{"logs":[],"source":"web-1","timestamp":1764410400}');
});

test('the hub reads what the agent wrote', () => {
  const { text } = encode(lines('one\nñandú\n'));
  const decoded = decodeLogs(Buffer.from(text));
  assert.equal(decoded.kind, 'decoded');
  if (decoded.kind !== 'decoded') return;
  assert.deepEqual(
    decoded.value.records.map((record) => [
      Buffer.from(record.bytes).toString(),
      record.source,
      record.timestampMs,
    ]),
    [
      ['one', 'web-1', 1_764_410_400_000],
      ['ñandú', 'web-1', 1_764_410_400_000],
    ],
  );
});

test('the hub reads the other forms that originals send: decimals, no source, escapes, an empty list', () => {
  const decoded = decodeLogs(Buffer.from('{"logs": ["\\u00e9"], "timestamp": 1700000000.25}'));
  assert.equal(decoded.kind === 'decoded' && decoded.value.records[0]!.timestampMs, 1_700_000_000_250);
  assert.equal(decoded.kind === 'decoded' && Buffer.from(decoded.value.records[0]!.bytes).toString(), 'é');
  assert.equal(decodeLogs(Buffer.from('{"logs":[],"source":"x","timestamp":1}')).kind, 'decoded');
});

test('the hub refuses what is not a logs request, by name, and throws at nothing', () => {
  const statusOf = (text: string) => {
    const decoded = decodeLogs(Buffer.from(text));
    return decoded.kind === 'refused' ? decoded.status : 200;
  };
  assert.equal(statusOf('{"logs":'), 400);
  assert.equal(statusOf('[]'), 400);
  assert.equal(statusOf('{}'), 422);
  assert.equal(statusOf('{"logs":"x"}'), 422);
  assert.equal(statusOf('{"logs":["a",7]}'), 422);
  assert.equal(statusOf('{"logs":["a"],"source":{}}'), 422);
  assert.equal(statusOf('['.repeat(200_000)), 400);
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (text) => {
      assert.ok(['decoded', 'refused'].includes(decodeLogs(Buffer.from(text)).kind));
    }),
  );
});

test('cuts nothing where there is no limit', () => {
  const unlimited = syncLogs({ source: 's', bodyBytesMax: null, lineBytesMax: null });
  const { batch, body } = batchOf(lines(`${'x'.repeat(20_000)}\n`));
  const { request, cut: none } = unlimited.encode(batch, body, session);
  assert.equal(JSON.parse(Buffer.concat(request!.body).toString()).logs[0].length, 20_000);
  assert.deepEqual(none, { lines: 0, bytes: 0 });
});

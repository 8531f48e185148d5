/** Both ways of reading a body must come to the same: by the kernel, in both of its builds, and by JSON.parse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Batch, Segment } from '../event/batch.ts';
import { openLogScanner } from '../lines/decode.ts';
import { countLines, walkLines } from '../lines/ends.ts';
import { openLineMemory } from '../lines/line-memory.ts';
import { hub } from './hub.ts';
import { ilaSoc } from './ila-soc.ts';
import { type Incoming, incomingOf } from './incoming.ts';
import { decodeIngest } from './ingest.ts';
import type { Session } from './protocol.ts';
import { readIngest, readLogs, scanIngest, scanLogs } from './scan.ts';
import { decodeLogs, syncLogs, syncLogsLimits } from './sync-logs.ts';

const scanners = [openLogScanner('scalar'), openLogScanner('simd')];
const memory = openLineMemory();
const session: Session = {
  ...{ agentId: 'web-ñ', hostname: 'web', osType: 'Linux', key: 'k', version: '1' },
  ...{ envelope: 1, gzip: false },
};

/** With a record for each line, whichever form it had. */
function plain({ segments, ...rest }: Incoming): unknown {
  return { ...rest, segments: segments.map(plainSegment) };
}

function plainSegment(segment: Incoming['segments'][number]): unknown {
  if (segment.kind === 'gap' || segment.kind === 'filtered' || segment.kind === 'dead') return segment;
  const { stream, path, source } = segment;
  const records: [number | null, string, boolean][] = [];
  const from = segment.kind === 'append' ? null : segment.from;
  if (segment.kind === 'text') {
    assert.equal(segment.count, countLines(segment.text));
    walkLines(segment.text, (bytes, end) => {
      records.push([from === null ? null : from + end, Buffer.from(bytes).toString('latin1'), false]);
      return true;
    });
  } else if (segment.kind === 'lines') {
    for (const { to, bytes, cut } of segment.records)
      records.push([to, Buffer.from(bytes).toString('latin1'), cut]);
  } else if (segment.kind === 'append')
    for (const { bytes } of segment.records)
      records.push([null, Buffer.from(bytes).toString('latin1'), false]);
  return { stream, path, source, from, records };
}

/** Whether the kernel took it; throws where the two ways differ. */
function checkIngest(body: Uint8Array): boolean {
  const general = decodeIngest(body);
  const taken = scanners.map((scanner) => {
    const scanned = scanIngest(body, scanner);
    const found = readIngest(body, scanner);
    if (scanned === null) {
      assert.equal(found.kind, general.kind);
      if (general.kind === 'refused') assert.deepEqual(found, general);
    } else {
      assert.equal(general.kind, 'decoded', JSON.stringify(general));
      assert.deepEqual(
        plain(scanned),
        plain(incomingOf(general.kind === 'decoded' ? general.value : assert.fail())),
      );
    }
    return scanned !== null;
  });
  assert.equal(taken[0], taken[1]);
  return taken[0]!;
}

function checkLogs(body: Uint8Array): boolean {
  const general = decodeLogs(body);
  const taken = scanners.map((scanner) => {
    const scanned = scanLogs(body, scanner);
    const found = readLogs(body, scanner);
    if (scanned === null) {
      assert.equal(found.kind, general.kind);
      if (general.kind === 'refused') assert.deepEqual(found, general);
    } else {
      assert.equal(general.kind, 'decoded', JSON.stringify(general));
      assert.deepEqual(
        plain(scanned),
        plain(incomingOf(general.kind === 'decoded' ? general.value : assert.fail())),
      );
    }
    return scanned !== null;
  });
  assert.equal(taken[0], taken[1]);
  return taken[0]!;
}

/** As Python writes it: `json.dumps(value)`, or with `ensure_ascii=False`. */
function python(value: unknown, ascii: boolean): string {
  if (Array.isArray(value)) return `[${value.map((one) => python(one, ascii)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).map(([key, one]) => `${python(key, ascii)}: ${python(one, ascii)}`);
    return `{${pairs.join(', ')}}`;
  }
  const text = JSON.stringify(value);
  if (!ascii) return text;
  return text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const bit = fc.constantFrom(
  ...[
    'a',
    'plain words of a line ',
    '"',
    '\\',
    '/',
    '\t',
    '\b',
    '\f',
    '\u0000',
    '\u001f',
    '\u007f',
    'é',
    '日本',
  ],
  ...['\u{1f600}', '\uffff', '{"a":"b","c":[1,2]}', '0123456789abcdef'],
);
const line = fc.array(bit, { maxLength: 8 }).map((bits) => bits.join(''));
/** What the kernel leaves to the general way when it stands in a line. */
const odd = fc.constantFrom('\n', 'ends with\r', '\ud800', '\udc00', '\ud800x', 'a\rb');
const style = fc.constantFrom(
  (value: unknown) => JSON.stringify(value),
  (value: unknown) => python(value, true),
  (value: unknown) => python(value, false),
  (value: unknown) => JSON.stringify(value, null, '\t'),
);
const time = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:00.123456', 1_700_000_000, 17.25, 0);
const source = fc.constantFrom('syslog', 'syslog', 'auth.log', 'ñ "quoted"\\', '');

const plainBody = fc.record({
  agent_id: fc.constantFrom('web', 'ñ\n"x"', '\u{1f600}'),
  logs: fc.array(fc.record({ log_text: line, source, timestamp: time }, { noNullPrototype: true }), {
    minLength: 1,
    maxLength: 12,
  }),
});

test('takes what agents and the original programs send in protocol B', () => {
  fc.assert(
    fc.property(plainBody, style, (body, write) => {
      assert.equal(checkIngest(Buffer.from(write(body))), true);
    }),
    { numRuns: 2000 },
  );
});

test('takes what agents and the original programs send in protocol A', () => {
  const body = fc.record({
    logs: fc.array(line, { minLength: 1, maxLength: 12 }),
    source: fc.constantFrom('shop', 'servidor ñ'),
    timestamp: fc.constant(1_700_000_000),
  });
  fc.assert(
    fc.property(body, style, (one, write) => {
      assert.equal(checkLogs(Buffer.from(write(one))), true);
    }),
    { numRuns: 2000 },
  );
});

function batchOf(
  parts: readonly { readonly name: string; readonly text: Uint8Array }[],
  gaps: boolean,
): [Batch, Uint8Array[]] {
  const segments: Segment[] = [];
  const bodies: Uint8Array[] = [];
  for (const [index, { name, text }] of parts.entries()) {
    const head = { stream: String(index).padStart(32, '0'), path: `/var/log/${name}` };
    if (gaps) {
      segments.push({ ...head, from: 3, to: 5, kind: 'gap', reason: 'unreadable' });
      bodies.push(new Uint8Array());
    }
    segments.push({ ...head, from: 5, to: 5 + text.length, kind: 'lines' });
    bodies.push(text);
  }
  const records = bodies.reduce((sum, body) => sum + countLines(body), 0);
  const key = { output: 'hub', sequence: 1, part: '' };
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  return [{ key, id: 'b'.repeat(64), readAtMs: 1_700_000_000_000, segments, records, bytes }, bodies];
}

const text = fc
  .tuple(fc.array(line, { minLength: 1, maxLength: 10 }), fc.boolean())
  .map(([lines, finished]) => Buffer.from(lines.join('\n') + (finished ? '\n' : 'x')));
const parts = fc.array(fc.record({ name: fc.constantFrom('a.log', 'ñ.log'), text }), {
  minLength: 1,
  maxLength: 4,
});

function bodyOf(request: { readonly body: readonly Uint8Array[] } | null): Buffer {
  return Buffer.concat(request!.body);
}

test('takes the envelope, with gaps and unfinished lines', () => {
  fc.assert(
    fc.property(parts, fc.boolean(), (list, gaps) => {
      const [batch, bodies] = batchOf(list, gaps);
      const body = bodyOf(hub.encode(batch, bodies, session, memory).request);
      assert.equal(checkIngest(body), true);
      const plainly = ilaSoc.encode(batch, bodies, session, memory).request;
      if (plainly !== null) assert.equal(checkIngest(bodyOf(plainly)), true);
      const lists = syncLogs({ source: 'shop', ...syncLogsLimits }).encode(
        batch,
        bodies,
        session,
        memory,
      ).request;
      if (lists !== null) assert.equal(checkLogs(bodyOf(lists)), true);
    }),
    { numRuns: 1000 },
  );
});

test('leaves to the general way what is no line any more when it is read back', () => {
  for (const one of ['two\nlines', 'ends with\r', '\ud800', 'a\udc00']) {
    const body = { agent_id: 'web', logs: [{ log_text: one, source: 'a', timestamp: 1 }] };
    assert.equal(checkIngest(Buffer.from(JSON.stringify(body))), false);
    assert.equal(checkLogs(Buffer.from(JSON.stringify({ logs: [one] }))), false);
  }
  const [batch, bodies] = batchOf([{ name: 'crlf', text: Buffer.from('one\r\ntwo\n') }], false);
  assert.equal(checkIngest(bodyOf(hub.encode(batch, bodies, session, memory).request)), false);
  const [raw, rawBodies] = batchOf([{ name: 'raw', text: Buffer.from([0xff, 0x0a]) }], false);
  assert.equal(checkIngest(bodyOf(hub.encode(raw, rawBodies, session, memory).request)), false);
});

const token = fc.constantFrom(
  ...[
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    ' ',
    '\n',
    '\r',
    '\0',
    '0',
    '-',
    'e9',
    '1e999',
    'null',
    '\\u',
    '\\ud83d',
  ],
  ...[
    '\\ud83d\\ude00',
    '\\n',
    '\\u000a',
    '\\u000A',
    '\\r"',
    '\\x',
    '"logs":',
    '"logs":[],',
    '"agent_id":"x",',
    '"almadia":',
  ],
  ...[
    '"almadia":{},',
    '"log_text":"x",',
    '"source":"y"',
    '"timestamp":',
    '"raw":"/w==",',
    '"__proto__":1,',
    '"ends":[1]',
  ],
);
/** Changes of a body: bytes taken out, tokens or any bytes put in. */
const changes = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    out: fc.constantFrom(0, 0, 1, 2, 5, 40),
    put: fc.oneof(
      token.map((one) => Buffer.from(one)),
      fc.uint8Array({ maxLength: 3 }),
      odd.map((one) => Buffer.from(one)),
    ),
  }),
  { minLength: 1, maxLength: 3 },
);

function changed(body: Buffer, list: readonly { at: number; out: number; put: Uint8Array }[]): Buffer {
  return list.reduce((bytes, { at, out, put }) => {
    const from = Math.floor(at * bytes.length);
    return Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + out)]);
  }, body);
}

test('reads hostile bodies to the same, refusals too', () => {
  let taken = 0;
  fc.assert(
    fc.property(plainBody, parts, changes, style, fc.nat(3), (body, list, mutations, write, which) => {
      const [batch, bodies] = batchOf(list, true);
      const good = [
        Buffer.from(write(body)),
        bodyOf(hub.encode(batch, bodies, session, memory).request),
        Buffer.from(write({ logs: body.logs.map((log) => log.log_text), source: 'shop', timestamp: 1 })),
        Buffer.from(write({ logs: body.logs, agent_id: 'web' })),
      ][which]!;
      const bad = changed(good, mutations);
      if (checkIngest(bad)) taken += 1;
      if (checkLogs(bad)) taken += 1;
    }),
    { numRuns: 4000 },
  );
  assert.ok(taken > 20, `only ${taken} of the changed bodies were still of the shape`);
});

test('only what JSON takes for white space is passed over behind the list', () => {
  for (const space of [' ', '\n', '\u000b', '\u00a0', '\ufeff', '\u2028']) {
    const log = '{"log_text":"","source":"s","timestamp":"2026-01-01T00:00:00Z"}';
    const taken = checkIngest(Buffer.from(`{"agent_id":"web","logs":[${log}]${space}}`));
    assert.equal(taken, space === ' ' || space === '\n', JSON.stringify(space));
  }
});

test('a body that ends anywhere is refused as the general way refuses it', () => {
  const [batch, bodies] = batchOf([{ name: 'a.log', text: Buffer.from('one "é" \\ two\n\n日本\n') }], true);
  const whole = bodyOf(hub.encode(batch, bodies, session, memory).request);
  for (let length = 0; length < whole.length; length++)
    assert.equal(checkIngest(whole.subarray(0, length)), false);
  const logs = Buffer.from(python({ logs: ['é', 'x'.repeat(40)], source: 'shop', timestamp: 1 }, true));
  for (let length = 0; length < logs.length; length++)
    assert.equal(checkLogs(logs.subarray(0, length)), false);
});

test('escapes and multi-byte characters stand at every place within sixteen bytes', () => {
  for (const special of ['"', '\\', '\t', '\u0001', 'é', '日', '\u{1f600}', '\r.']) {
    for (let before = 0; before < 40; before++) {
      const lines = [`${'x'.repeat(before)}${special}${'y'.repeat(20)}`, 'z'.repeat(before), special];
      for (const ascii of [true, false]) {
        assert.equal(checkLogs(Buffer.from(python({ logs: lines, source: 's', timestamp: 1 }, ascii))), true);
      }
    }
  }
});

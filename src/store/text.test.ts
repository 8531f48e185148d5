/** Bytes of files and the lines that they hold must come to the same, whichever way they arrive. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { nodeDatabases } from '../host/node/database.ts';
import { nodeWork } from '../host/node/work.ts';
import { silentLog } from '../host/selflog.ts';
import { countLines, walkLines } from '../lines/ends.ts';
import { blockBytesMax, decodeBlock } from './block.ts';
import { pieces } from './run.ts';
import { openStore, type SqliteStore } from './sqlite.ts';
import type { Arrival, ArrivedRecord, ArrivedSegment, Receipt } from './store.ts';

const stream = 'a'.repeat(32);
const everything = { agent: null, stream: null, source: null, newest: null };

function open(context: TestContext): SqliteStore {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-store-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const machine = { databases: nodeDatabases(), work: nodeWork, log: silentLog };
  return openStore(join(directory, 'hub.sqlite'), machine);
}

function recordsOf(text: Uint8Array, from: number): ArrivedRecord[] {
  const records: ArrivedRecord[] = [];
  walkLines(text, (bytes, end) => {
    records.push({ to: from + end, bytes, cut: false });
    return true;
  });
  return records;
}

interface Sending {
  readonly from: number;
  readonly text: Uint8Array;
}

const head = { stream, path: '/var/log/a.log', source: 'a.log' };

function asText({ from, text }: Sending): ArrivedSegment {
  return { ...head, kind: 'text', from, text, count: countLines(text) };
}

function asLines({ from, text }: Sending): ArrivedSegment {
  return { ...head, kind: 'lines', from, records: recordsOf(text, from) };
}

function numbers({ stored, duplicates, bytes }: Receipt): unknown {
  return { stored, duplicates, bytes };
}

async function contentOf(store: SqliteStore): Promise<unknown> {
  const lines: unknown[] = [];
  for await (const page of store.read(everything)) {
    for (const line of page.lines) {
      lines.push([page.stream.id, { ...line, bytes: Buffer.from(line.bytes).toString('latin1') }]);
    }
  }
  return { lines, streams: store.streams(null) };
}

const line = fc.constantFrom('', 'a', 'bb', '\r', 'c\r', '\xff\xfe', 'a longer line', 'A');
const lineEnd = fc.constantFrom('\n', '\n', '\r\n', '');
const file = fc
  .array(fc.tuple(line, lineEnd), { minLength: 1, maxLength: 30 })
  .map((parts) => Buffer.from(parts.map((part) => part.join('')).join(''), 'latin1'))
  .filter((bytes) => bytes.length > 0);

/** Pieces of the file or of its capitals; cut at line ends or anywhere, several to an arrival. */
const sendings = fc.array(
  fc.array(
    fc.record({ from: fc.nat(200), length: fc.nat(80), other: fc.boolean(), anywhere: fc.boolean() }),
    { minLength: 1, maxLength: 3 },
  ),
  { maxLength: 12 },
);

function cut(bytes: Buffer, { from, length, anywhere }: { from: number; length: number; anywhere: boolean }) {
  const start = from % bytes.length;
  const first = anywhere ? start : bytes.lastIndexOf('\n', start) + 1;
  const end = Math.min(bytes.length, first + length + 1);
  const next = bytes.indexOf('\n', end - 1);
  return { from: first, text: bytes.subarray(first, anywhere || next < 0 ? end : next + 1) };
}

test('a text is stored, recognised and forked as the lines that it holds', async (context) => {
  await fc.assert(
    fc.asyncProperty(file, sendings, fc.infiniteStream(fc.boolean()), async (bytes, arrivals, dice) => {
      const [texts, lines] = [open(context), open(context)];
      const capitals = Buffer.from(bytes.toString('latin1').toUpperCase().replaceAll('Ÿ', '\xff'), 'latin1');
      for (const [index, parts] of arrivals.entries()) {
        const sent = parts.map((part) => cut(part.other ? capitals : bytes, part));
        const common = { agent: 'web', receivedAtMs: 1000 + index };
        const mixed = sent.map((one) => (dice.next().value === true ? asText(one) : asLines(one)));
        const found = await texts.commit({ ...common, segments: mixed });
        const wanted = await lines.commit({ ...common, segments: sent.map(asLines) });
        assert.deepEqual(numbers(found), numbers(wanted));
      }
      assert.deepEqual(await contentOf(texts), await contentOf(lines));
      await Promise.all([texts.close(), lines.close()]);
    }),
    { numRuns: 30 },
  );
});

test('what waits at the same time is stored as if it had come one after another', async (context) => {
  const single = fc.record({
    ...{ from: fc.nat(200), length: fc.nat(30), other: fc.boolean(), anywhere: fc.constant(false) },
    // Mostly the batches of one file on their way together: each goes on where the one before ends.
    ...{ goesOn: fc.integer({ min: 0, max: 3 }), together: fc.integer({ min: 0, max: 4 }) },
  });
  await fc.assert(
    fc.asyncProperty(file, fc.array(single, { maxLength: 16 }), async (bytes, list) => {
      const [waiting, inTurn] = [open(context), open(context)];
      const capitals = Buffer.from(bytes.toString('latin1').toUpperCase().replaceAll('Ÿ', '\xff'), 'latin1');
      let together: Arrival[] = [];
      const check = async () => {
        const found = await Promise.all(together.map((arrival) => waiting.commit(arrival)));
        for (const [index, arrival] of together.entries()) {
          assert.deepEqual(numbers(found[index]!), numbers(await inTurn.commit(arrival)));
        }
        together = [];
      };
      let end = 0;
      for (const [index, one] of list.entries()) {
        const from = one.goesOn > 0 && end < bytes.length ? end : one.from;
        const sent = cut(one.other ? capitals : bytes, { ...one, from });
        end = sent.from + sent.text.length;
        together.push({ agent: 'web', receivedAtMs: 1000 + index, segments: [asText(sent)] });
        if (one.together === 0) await check();
      }
      await check();
      assert.deepEqual(await contentOf(waiting), await contentOf(inTurn));
      await Promise.all([waiting.close(), inTurn.close()]);
    }),
    { numRuns: 40 },
  );
});

test('texts without positions get the next free ones, together with records', async (context) => {
  const store = open(context);
  const text = Buffer.from('one\n\n');
  const segments: ArrivedSegment[] = [
    { ...head, kind: 'text', from: null, text, count: 2 },
    { ...head, kind: 'append', records: [{ bytes: Buffer.from('holds\nan end') }] },
  ];
  for (let index = 0; index < 2; index++) {
    assert.equal((await store.commit({ agent: 'web', receivedAtMs: 1, segments })).bytes, 15);
  }
  const found: unknown[] = [];
  for await (const page of store.read(everything)) {
    for (const { from, to, bytes } of page.lines) found.push([from, to, Buffer.from(bytes).toString()]);
  }
  const once = (at: number) => [
    [at, at + 4, 'one'],
    [at + 4, at + 5, ''],
    [at + 5, at + 18, 'holds\nan end'],
  ];
  assert.deepEqual(found, [...once(0), ...once(18)]);
  await store.close();
});

test('small texts are merged as they are, with the time of each', async (context) => {
  const store = open(context);
  const wanted: unknown[] = [];
  let from = 0;
  for (let index = 0; index < 130; index++) {
    const text = Buffer.from(`${index} ${'x'.repeat(900)}\r\n`);
    await store.commit({ agent: 'web', receivedAtMs: 5000 - index, segments: [asText({ from, text })] });
    wanted.push([from, from + text.length, text.subarray(0, -2).toString(), 5000 - index]);
    from += text.length;
  }
  await store.merged();
  const found: unknown[] = [];
  let pages = 0;
  for await (const page of store.read(everything)) {
    pages += 1;
    for (const one of page.lines) {
      found.push([one.from, one.to, Buffer.from(one.bytes).toString(), one.receivedAtMs]);
    }
  }
  assert.deepEqual(found, wanted);
  assert.ok(pages < 10, `${pages} blocks`);
  await store.close();
});

test('lines of an arrival are made only when somebody looks at them', async (context) => {
  const store = open(context);
  const text = Buffer.from('one\ntwo\n');
  const { pages } = await store.commit({
    agent: 'web',
    receivedAtMs: 1,
    segments: [asText({ from: 0, text })],
  });
  assert.deepEqual(
    pages[0]!.lines.map((one) => Buffer.from(one.bytes).toString()),
    ['one', 'two'],
  );
  assert.equal(Object.hasOwn(pages[0]!, 'lines'), false);
  await store.close();
});

test('pieces end with lines, are of like size, and make up the text', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 60 }), fc.boolean(), (lengths, finished) => {
      const whole = lengths.map((length) => 'x'.repeat(length)).join('\n') + (finished ? '\n' : '');
      const cutUp = pieces(Buffer.from(whole), 50).map((piece) => Buffer.from(piece).toString());
      assert.equal(cutUp.join(''), whole);
      for (const piece of cutUp.slice(0, -1)) assert.ok(piece.endsWith('\n'));
      for (const piece of cutUp) assert.ok(piece.length <= 50 || piece.indexOf('\n') === piece.length - 1);
    }),
  );
  const even = pieces(Buffer.from('x'.repeat(99).concat('\n').repeat(2700)), blockBytesMax);
  assert.deepEqual(
    even.map((piece) => piece.length),
    [135_000, 135_000],
  );
});

test('blocks that earlier hubs compressed with gzip are still read', async () => {
  // Start 5, received 9, one line: a span of 4, a length of 3, no difference.
  const payload = gzipSync(Buffer.concat([Uint8Array.of(5, 9, 1, 4, 6, 0), Buffer.from('old')]));
  const mark = Uint8Array.of(1, 1);
  const check = Buffer.from(nodeWork.sha256([mark, payload]).slice(0, 16), 'hex');
  const [old] = await decodeBlock(Buffer.concat([mark, check, payload]), 9, nodeWork);
  assert.deepEqual(
    { ...old, bytes: Buffer.from(old!.bytes).toString() },
    { from: 5, to: 9, bytes: 'old', cut: false, receivedAtMs: 9 },
  );
});

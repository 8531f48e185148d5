/** Lines of all shapes: unfinished, blank, long, cut anywhere by the reads. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  openSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { appendFile, truncate, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { createHost } from '../../src/host/node/host.ts';
import { isValidUtf8 } from '../../src/lines/utf8.ts';
import { syncLogsServer } from '../compat/seed-servers.ts';
import { serveOnSocket } from '../compat/socket.ts';
import { Collector } from '../support/collector.ts';
import { asFile, Journey, numbered } from '../support/journey.ts';

test('LIN-01: waits for the end of an unfinished line', async () => {
  await using journey = await Journey.start();
  const path = journey.path('a.log');
  await writeFile(path, 'testlog1');
  await journey.until('it is seen', () => journey.status.streams.some((one) => one.size === 8));
  await appendFile(path, 'testlog2\n');
  await journey.exactly(['testlog1testlog2']);
});

test('LIN-03: a file that grows byte by byte gives whole lines', async () => {
  await using journey = await Journey.start();
  const path = journey.path('a.log');
  for (const byte of Buffer.from('first ñ\nsecond')) {
    appendFileSync(path, Uint8Array.of(byte));
    const size = appendedSize(path);
    await journey.until('the byte is seen', () => journey.status.streams.some((one) => one.size === size));
  }
  await journey.untilCount(1);
  await appendFile(path, ' line\n');
  await journey.exactly(['first ñ', 'second line']);
});

const sizes = new Map<string, number>();
function appendedSize(path: string): number {
  const size = (sizes.get(path) ?? 0) + 1;
  sizes.set(path, size);
  return size;
}

test('LIN-03: with a time limit an unfinished line is sent, and its rest as a line of its own', async () => {
  await using journey = await Journey.start({ source: { partialLineTimeoutMs: 100 } });
  const path = journey.path('a.log');
  await writeFile(path, 'one\nunfin');
  await journey.untilCount(2);
  await appendFile(path, 'ished\n');
  await journey.exactly(['one', 'unfin', 'ished']);
});

test('LIN-05, LIN-15: a hub keeps blank lines, and a restart does not shift anything', async () => {
  await using journey = await Journey.start();
  const path = journey.path('a.log');
  await writeFile(path, '\n\ntestlog1\n\n\ntestlog2\n');
  const stored = await journey.exactly(['', '', 'testlog1', '', '', 'testlog2']);
  assert.deepEqual(
    stored.map((line) => [line.from, line.to, line.text]),
    [
      [0, 1, ''],
      [1, 2, ''],
      [2, 11, 'testlog1'],
      [11, 12, ''],
      [12, 13, ''],
      [13, 22, 'testlog2'],
    ],
  );
  await appendFile(path, 'bbb\n\n');
  await journey.exactly(['', '', 'testlog1', '', '', 'testlog2', 'bbb', '']);
});

test('LIN-05: the protocols of the originals leave blank lines out, and they are counted', async () => {
  const server = syncLogsServer({ key: 'k' });
  await using socket = await serveOnSocket(server.handle);
  await using journey = await Journey.start({
    output: { type: 'sync-logs', url: `${socket.url}/api`, key: 'k', source: 'web' },
  });
  await writeFile(journey.path('a.log'), '\n \t\ntestlog1\n\r\n\ntestlog2\n');
  await journey.until('all is settled', () => journey.status.streams[0]?.watermark === 25);
  assert.deepEqual(
    server.lines.map((line) => line.text),
    ['testlog1', 'testlog2'],
  );
  assert.deepEqual(journey.status.totals.filteredLines, { blank: 4 });
  assert.equal(journey.status.totals.ackedLines, 2);
});

test('LIN-06: the line ends of CR LF files are no part of the text', async () => {
  await using journey = await Journey.start();
  await writeFile(journey.path('a.log'), 'one\r\n\r\ntwo\r\n');
  const stored = await journey.exactly(['one', '', 'two']);
  assert.deepEqual(
    stored.map((line) => line.to),
    [5, 7, 12],
  );
});

test('LIN-08: however a file grows, the same lines come out', async () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'ñ', '\r', ' ', '🙂'), maxLength: 40 });
  const input = fc.tuple(
    fc.array(line, { minLength: 1, maxLength: 8 }),
    fc.array(fc.nat(60), { maxLength: 12 }),
  );
  await fc.assert(
    fc.asyncProperty(input, async ([lines, cuts]) => {
      await using journey = await Grown.open();
      const bytes = Buffer.from(lines.map((one) => `${one}\n`).join(''));
      let from = 0;
      for (const cut of [...cuts, bytes.length]) {
        await journey.append(bytes.subarray(from, from + cut));
        from = Math.min(bytes.length, from + cut);
      }
      await journey.collector.until(lines);
    }),
    { numRuns: 40 },
  );
});

/** A file that grows piece by piece under a collector. */
class Grown {
  readonly #journey: Journey;
  readonly collector: Collector;

  private constructor(journey: Journey, collector: Collector) {
    this.#journey = journey;
    this.collector = collector;
  }

  static async open(): Promise<Grown> {
    const journey = await Journey.open();
    return new Grown(journey, await Collector.open(journey.directory));
  }

  /** Lets the reader come between the pieces. */
  async append(bytes: Uint8Array): Promise<void> {
    appendFileSync(this.#journey.path('a.log'), bytes);
    await createHost().clock.sleep(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.collector.stop();
    await this.#journey[Symbol.asyncDispose]();
  }
}

test('LIN-10: a line over the limit is cut and flagged with its length; its neighbours are kept', async () => {
  await using journey = await Journey.start({ source: { lineBytesMax: 4096 } });
  // Characters of two and three bytes, so that the limit falls into the middle of one.
  const long = `x${'ñ€'.repeat(2048)}`;
  await writeFile(journey.path('a.log'), `before\n${long}\nafter\n`);
  await journey.untilCount(3);
  const [before, cut, after] = await journey.stored();
  assert.equal(before?.text, 'before');
  assert.equal(after?.text, 'after');
  assert.equal(cut?.cut, true);
  assert.equal(cut.original_bytes, Buffer.byteLength(long) + 1);
  assert.ok(Buffer.byteLength(cut.text) <= 4096);
  assert.ok(cut.raw === undefined || !isValidUtf8(Buffer.from(cut.raw, 'base64')));
  assert.ok(long.startsWith(cut.text.replace(/\uFFFD+$/, '')));
  await journey.until('the cut is counted', () => journey.status.totals.cutLines === 1);
});

test('LIN-11: a line of exactly the limit is whole, one byte more and it is cut', async () => {
  await using journey = await Journey.start({ source: { lineBytesMax: 64 } });
  const lengths = [63, 64, 65, 66, 64];
  const end = ['\n', '\r\n'];
  await writeFile(
    journey.path('a.log'),
    lengths.map((length, index) => 'x'.repeat(length) + end[index % 2]).join(''),
  );
  const stored = await journey.exactly(lengths.map((length) => 'x'.repeat(Math.min(64, length))));
  assert.deepEqual(
    stored.map((line) => line.cut ?? false),
    [false, false, true, true, false],
  );
});

const mebibyte = 1024 * 1024;

test('LIN-13: a hole of a GiB is a gap, the line behind it is whole, in bounded time and memory', async () => {
  await using journey = await Journey.start();
  const path = journey.path('a.log');
  const hole = 1024 * mebibyte;
  await writeFile(path, 'before\n');
  await journey.untilCount(1);
  await truncate(path, 7 + hole);
  const before = process.memoryUsage().rss;
  await appendFile(path, 'behind the hole\nlast\n');
  const stored = await journey.exactly(['before', 'behind the hole', 'last']);
  assert.deepEqual(
    stored.map((line) => [line.from, line.to]),
    [
      [0, 7],
      [7 + hole, 23 + hole],
      [23 + hole, 28 + hole],
    ],
  );
  const [stream] = await journey.streams();
  assert.deepEqual(stream?.gaps, [{ from: 7, to: 7 + hole, reason: 'nul-bytes' }]);
  assert.ok(journey.said.some((line) => /^file\.hole .*1073741824 NUL bytes from byte 7/.test(line)));
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < 100 * mebibyte, `grew by ${grown} bytes`);
});

test('LIN-13: a writer that goes on at its old position after copytruncate leaves no line behind', async () => {
  await using journey = await Journey.start({ source: { lineBytesMax: 10_000 } });
  const path = journey.path('a.log');
  const writer = openSync(path, 'w');
  const lines = numbered('x'.repeat(90), 200);
  writeSync(writer, asFile(lines));
  await journey.untilCount(200);
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
  writeSync(writer, 'one more\ntwo more\n');
  closeSync(writer);
  await journey.exactly([...lines, 'one more', 'two more']);
});

test('LIN-13: NUL bytes within the limit are bytes of their line', async () => {
  await using journey = await Journey.start();
  await writeFile(journey.path('a.log'), `a\0b\n${'\0'.repeat(5000)}c\n`);
  await journey.exactly(['a\0b', `${'\0'.repeat(5000)}c`]);
});

test('a file that becomes empty within an unfinished line gives the next line whole', async () => {
  await using journey = await Journey.start();
  const path = journey.path('a.log');
  writeFileSync(path, 'unfinished');
  await journey.until('it is seen', () => journey.status.streams.some((one) => one.size === 10));
  await truncate(path, 0);
  await appendFile(path, 'whole\n');
  await journey.exactly(['whole']);
});

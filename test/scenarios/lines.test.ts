/** Lines of all shapes: unfinished, blank, long, cut anywhere by the reads. */
import assert from 'node:assert/strict';
import { appendFileSync, closeSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { appendFile, truncate, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { createHost } from '../../src/host/node/host.ts';
import { isValidUtf8 } from '../../src/lines/utf8.ts';
import { syncLogsServer } from '../compat/seed-servers.ts';
import { serveOnSocket } from '../compat/socket.ts';
import { Collector } from '../support/collector.ts';
import { Journey } from '../support/journey.ts';

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

test('LIN-13: a hole of 64 MiB of NUL bytes is one cut line, in bounded memory', async () => {
  await using journey = await Journey.start();
  const path = journey.path('a.log');
  const hole = 64 * 1024 * 1024;
  const file = openSync(path, 'w');
  ftruncateSync(file, hole);
  closeSync(file);
  const before = process.memoryUsage().rss;
  await appendFile(path, '\nafter the hole\n');
  await journey.untilCount(2);
  const [nul, after] = await journey.stored();
  assert.equal(after?.text, 'after the hole');
  assert.equal(nul?.original_bytes, hole + 1);
  await journey.until('the cut is counted', () => journey.status.totals.cutLines === 1);
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < 100 * 1024 * 1024, `grew by ${grown} bytes`);
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

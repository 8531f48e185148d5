import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Clock } from '../host/clock.ts';
import { lastSequenceIn } from './formats.ts';
import type { GeneratorSettings } from './generator.ts';
import { generate } from './generator.ts';
import { eventKinds } from './kinds.ts';

const settings: GeneratorSettings = {
  format: 'json',
  kinds: eventKinds,
  ratePerS: 0,
  count: 1000,
  seed: 1,
  time: 'fixed',
  firstSequence: 1,
  hostname: 'servidor',
};

/** A clock on which a sleep is over at once and takes exactly its time. */
function instantClock(): Clock & { nowMs: number } {
  return {
    nowMs: 0,
    now() {
      return 1_700_000_000_000 + this.nowMs;
    },
    monotonicMs() {
      return this.nowMs;
    },
    async sleep(ms) {
      this.nowMs += ms;
    },
  };
}

async function linesOf(changes: Partial<GeneratorSettings>): Promise<string[]> {
  let text = '';
  const write = async (lines: Uint8Array) => {
    text += Buffer.from(lines).toString();
  };
  await generate({ ...settings, ...changes }, { clock: instantClock(), write }, new AbortController().signal);
  assert.ok(text.endsWith('\n'));
  return text.slice(0, -1).split('\n');
}

test('every line is one JSON object with its sequence id, and accents survive', async () => {
  const lines = await linesOf({});
  const events = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    events.map((event) => event.sequence_id),
    Array.from({ length: 1000 }, (_, index) => index + 1),
  );
  assert.equal(new Set(events.map((event) => event.event)).size, 14);
  assert.match(lines.join('\n'), /éxito/);
  assert.equal(events[0].timestamp, '2025-01-01T00:00:00.000Z');
});

test('the same seed gives the same bytes, another seed others', async () => {
  assert.deepEqual(await linesOf({ seed: 5 }), await linesOf({ seed: 5 }));
  assert.notDeepEqual(await linesOf({ seed: 5 }), await linesOf({ seed: 6 }));
});

test('only the wanted kinds are written', async () => {
  const lines = await linesOf({ kinds: eventKinds.filter((kind) => kind.name === 'backup'), count: 50 });
  for (const line of lines) assert.equal(JSON.parse(line).event, 'backup');
});

test('nginx lines have the combined form and syslog lines the form of a daemon', async () => {
  const nginx =
    /^[\d.]+ - - \[\d\d\/Jan\/2025:\d\d:\d\d:\d\d \+0000\] "(GET|POST) \S+ HTTP\/1\.1" \d{3} \d+ "-" "[^"]+"$/;
  for (const line of await linesOf({ format: 'nginx' })) assert.match(line, nginx);
  const syslog = /^Jan {2}1 \d\d:\d\d:\d\d servidor \S+\[\d+\]: .+ sequence_id=\d+$/;
  for (const line of await linesOf({ format: 'syslog' })) assert.match(line, syslog);
});

test('every format tells its last sequence id', async () => {
  for (const format of ['json', 'nginx', 'syslog'] as const) {
    const text = (await linesOf({ format, firstSequence: 41, count: 2 })).join('\n');
    assert.equal(lastSequenceIn(text), 42, format);
  }
  assert.equal(lastSequenceIn('nothing here'), null);
});

test('the rate is kept, and the first line comes at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 50_000 }),
      fc.integer({ min: 1, max: 3_000 }),
      async (ratePerS, count) => {
        const clock = instantClock();
        const written: number[] = [];
        const write = async (lines: Uint8Array) => {
          for (const byte of lines) if (byte === 0x0a) written.push(clock.nowMs);
        };
        const { signal } = new AbortController();
        await generate({ ...settings, ratePerS, count }, { clock, write }, signal);
        assert.equal(written.length, count);
        assert.equal(written[0], 0);
        written.forEach((atMs, index) => {
          const dueMs = (index * 1000) / ratePerS;
          assert.ok(atMs >= dueMs - 0.001 && atMs <= dueMs + 21, `line ${index} at ${atMs}, due at ${dueMs}`);
        });
      },
    ),
    { numRuns: 50 },
  );
});

test('after a long stand-still it makes up for one second and no more', async () => {
  const clock = instantClock();
  const { signal } = new AbortController();
  let lines = 0;
  const write = async (block: Uint8Array) => {
    lines += Buffer.from(block).toString().split('\n').length - 1;
    if (lines === 10) clock.nowMs += 3_600_000;
  };
  const { elapsedMs } = await generate({ ...settings, ratePerS: 10, count: 100 }, { clock, write }, signal);
  assert.ok(elapsedMs - 3_600_000 > 8_000, `${elapsedMs}`);
});

test('told to stop it writes no more, and says what it wrote', async () => {
  const stop = new AbortController();
  let bytes = 0;
  const write = async (block: Uint8Array) => {
    bytes += block.length;
    stop.abort();
  };
  const summary = await generate({ ...settings, count: null }, { clock: instantClock(), write }, stop.signal);
  assert.equal(summary.lines, 2_000);
  assert.equal(summary.lastSequence, 2_000);
  assert.equal(summary.bytes, bytes);
});

/** Rotation in all its ways: every line arrives once, whatever its file is called by the time it is read. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  openSync,
  renameSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { appendFile, copyFile, mkdir, rename, truncate, unlink, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { createHost } from '../../src/host/node/host.ts';
import { asFile, byStream, Journey, numbered } from '../support/journey.ts';
import { otherDevice } from '../support/other-device.ts';

const { clock } = createHost();

test('ROT-01: does not read a renamed file again', async () => {
  await using journey = await Journey.start();
  await writeFile(journey.path('f.log'), 'testlog1\n');
  await journey.untilCount(1);
  await rename(journey.path('f.log'), journey.path('f.2.log'));
  const [line] = await journey.exactly(['testlog1']);
  assert.equal(line?.text, 'testlog1');
});

test('ROT-03: reads what is written after a truncation', async () => {
  await using journey = await Journey.start();
  const file = openSync(journey.path('f.log'), 'a');
  writeSync(file, 'testlog1\ntestlog2\n');
  await journey.untilCount(2);
  truncateSync(journey.path('f.log'), 0);
  writeSync(file, 'testlog3\n');
  closeSync(file);
  await journey.exactly(['testlog1', 'testlog2', 'testlog3']);
});

test('ROT-05: three files rotate three times without a pause', async () => {
  await using journey = await Journey.start({ source: { include: ['LOGS/*'] } });
  const expected: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    for (const name of ['a', 'b', 'c']) {
      const lines = numbered(`${name}-${round}`, 3);
      expected.push(...lines);
      writeFileSync(journey.path(name), asFile(lines));
      renameSync(journey.path(name), journey.path(`${name}.${round}`));
    }
  }
  await journey.exactly(expected);
});

test('ROT-06: three files rotate while lines are written slowly', async () => {
  await using journey = await Journey.start({ source: { include: ['LOGS/*'] } });
  const expected: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    for (let number = 0; number < 30; number += 1) {
      for (const name of ['a', 'b', 'c']) {
        expected.push(`${name}-${round}-${number}`);
        appendFileSync(journey.path(name), `${name}-${round}-${number}\n`);
      }
      await clock.sleep(5);
    }
    for (const name of ['a', 'b', 'c']) renameSync(journey.path(name), journey.path(`${name}.${round}`));
  }
  await journey.exactly(expected);
});

/** Lines in all, and after how many the file is rotated; `kept`: rotated files that stay. */
const matrix = [
  { name: 'no rotation', lines: 10, every: 10, kept: 1 },
  { name: 'no deletion', lines: 20, every: 10, kept: 1 },
  { name: 'deletion', lines: 30, every: 10, kept: 1 },
  { name: 'deletion, more than a fingerprint', lines: 300, every: 100, kept: 1 },
];

for (const { name, lines, every, kept } of matrix) {
  for (const way of ['move', 'copy'] as const) {
    for (const naming of ['sequential', 'timestamped'] as const) {
      test(`ROT-08: ${name}, ${way}, ${naming}`, async () => {
        await using journey = await Journey.start({ source: { include: ['LOGS/*.log*'] } });
        const path = journey.path('f.log');
        const expected = numbered('line', lines);
        const rotated: string[] = [];
        const rotate = (): void => {
          const next = naming === 'sequential' ? `${path}.1` : `${path}.2026010100${rotated.length}`;
          if (naming === 'timestamped' && rotated.length >= kept) unlinkSync(rotated.shift()!);
          if (way === 'move') renameSync(path, next);
          else {
            copyFileSync(path, next);
            truncateSync(path, 0);
          }
          if (!rotated.includes(next)) rotated.push(next);
        };
        for (const [index, line] of expected.entries()) {
          if (index > 0 && index % every === 0) rotate();
          appendFileSync(path, `${line}\n`);
          await clock.sleep(1);
        }
        const rotations = Math.ceil(lines / every) - 1;
        if (rotations <= kept) {
          await journey.exactly(expected);
          return;
        }
        // Rotated files are deleted faster than anybody can promise to read them: nothing may come twice.
        await journey.until('the last line arrives', async () =>
          (await journey.stored()).some((line) => line.text === expected.at(-1)),
        );
        await journey.mark();
        const texts = (await journey.stored()).map((line) => line.text);
        assert.equal(new Set(texts).size, texts.length, `no line twice\n${journey.said.join('\n')}`);
        assert.ok(
          texts.every((text) => expected.includes(text)),
          'no line that was not written',
        );
      });
    }
  }
}

test('ROT-10: reads what the old writer still writes after the rename', async () => {
  await using journey = await Journey.start();
  const path = journey.path('f.log');
  const old = openSync(path, 'a');
  writeSync(old, 'before\n');
  await journey.untilCount(1);
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'new-after\n');
  await journey.untilCount(2);
  writeSync(old, 'old-after\n');
  closeSync(old);
  await journey.exactly(['before', 'old-after', 'new-after']);
});

test('ROT-11: reads late writes to both of two renamed files', async () => {
  await using journey = await Journey.start();
  const path = journey.path('f.log');
  const first = openSync(path, 'a');
  writeSync(first, 'first\n');
  await journey.untilCount(1);
  renameSync(path, `${path}.1`);
  const second = openSync(path, 'a');
  writeSync(second, 'second\n');
  await journey.untilCount(2);
  renameSync(`${path}.1`, `${path}.2`);
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'third\n');
  writeSync(first, 'first-late\n');
  writeSync(second, 'second-late\n');
  closeSync(first);
  closeSync(second);
  await journey.exactly(['first', 'second', 'third', 'first-late', 'second-late']);
});

test('ROT-13: a link that leads elsewhere: the old target is read to its end, the new from its beginning', async () => {
  await using journey = await Journey.open();
  const targets = `${journey.home}/targets`;
  await mkdir(targets);
  await writeFile(`${targets}/one`, 'one-1\n');
  symlinkSync(`${targets}/one`, journey.path('current.log'));
  await journey.startAgent();
  await journey.untilCount(1);
  writeFileSync(`${targets}/two`, 'two-1\n');
  symlinkSync(`${targets}/two`, journey.path('next'));
  renameSync(journey.path('next'), journey.path('current.log'));
  appendFileSync(`${targets}/one`, 'one-2\n');
  await journey.exactly(['one-1', 'one-2', 'two-1']);
});

test('ROT-15: a file removed and made again, with the same inode, is read from its beginning', async () => {
  await using journey = await Journey.start();
  const path = journey.path('f.log');
  await writeFile(path, 'first\n');
  await journey.untilCount(1);
  unlinkSync(path);
  await journey.untilSaid(/file\.ended .*f\.log/);
  writeFileSync(path, 'again\n');
  await journey.exactly(['first', 'again']);
});

test('ROT-15: the same while the agent is stopped', async () => {
  await using journey = await Journey.start();
  const path = journey.path('f.log');
  await writeFile(path, 'first\n');
  await journey.untilCount(1);
  await journey.stopAgent();
  await unlink(path);
  await writeFile(path, 'again, and longer\n');
  await journey.startAgent();
  await journey.exactly(['first', 'again, and longer']);
});

test('ROT-16: three files rotate back to back, old and new are written on', async () => {
  await using journey = await Journey.start();
  const expected: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    const path = journey.path(`${name}.log`);
    const old = openSync(path, 'a');
    writeSync(old, `${name}-before\n`);
    await journey.untilCount(expected.length + 1);
    renameSync(path, `${path}.1`);
    writeFileSync(path, `${name}-new\n`);
    writeSync(old, `${name}-old-late\n`);
    closeSync(old);
    expected.push(`${name}-before`, `${name}-new`, `${name}-old-late`);
    await journey.untilCount(expected.length);
  }
  await journey.exactly(expected);
});

test('ROT-18: a chain of renames and a removal keep one position for each file', async () => {
  await using journey = await Journey.start({ source: { include: ['LOGS/input*'] } });
  const input = journey.path('input');
  await writeFile(input, 'entry1\n');
  await journey.untilCount(1);
  renameSync(input, `${input}.1`);
  writeFileSync(input, 'entry2\n');
  await journey.untilCount(2);
  renameSync(`${input}.1`, `${input}.2`);
  renameSync(input, `${input}.1`);
  writeFileSync(input, '');
  unlinkSync(`${input}.2`);
  appendFileSync(input, 'entry3\n');
  await journey.exactly(['entry1', 'entry2', 'entry3']);
  const known = journey.status.streams.filter(
    (one) => one.path.startsWith(input) && one.status === 'followed',
  );
  assert.deepEqual(known.map((one) => [one.path, one.position, one.watermark]).sort(), [
    [input, 7, 7],
    [`${input}.1`, 7, 7],
  ]);
});

test('ROT-20: rotates to dated names while it is written', async () => {
  await using journey = await Journey.start({ source: { include: ['LOGS/*.log*'] } });
  const path = journey.path('f.log');
  const expected = numbered('line', 200);
  for (const [index, line] of expected.entries()) {
    appendFileSync(path, `${line}\n`);
    await clock.sleep(2);
    if (index % 50 === 49) renameSync(path, `${path}-${index}`);
  }
  await journey.exactly(expected);
});

test('ROT-20: a file that was closed for being quiet is found again after its rotation', async () => {
  await using journey = await Journey.start({ source: { openFilesMax: 8 } });
  const names = numbered('f', 20).map((name) => journey.path(`${name}.log`));
  for (const path of names) writeFileSync(path, `${path} before\n`);
  await journey.untilCount(20);
  for (const path of names) {
    appendFileSync(path, `${path} late\n`);
    renameSync(path, `${path}.1`);
    writeFileSync(path, `${path} new\n`);
  }
  await journey.exactly(names.flatMap((path) => [`${path} before`, `${path} late`, `${path} new`]));
});

test('ROT-21: each target of a link has its own position', async () => {
  await using journey = await Journey.open();
  const targets = `${journey.home}/targets`;
  const link = journey.path('test.log');
  await mkdir(targets);
  await writeFile(`${targets}/test1`, 'one-1\none-2\n');
  await writeFile(`${targets}/test2`, 'two-1\n');
  symlinkSync(`${targets}/test1`, link);
  await journey.startAgent();
  await journey.untilCount(2);
  unlinkSync(link);
  symlinkSync(`${targets}/test2`, link);
  await journey.untilCount(3);
  appendFileSync(`${targets}/test2`, 'two-2\n');
  await journey.exactly(['one-1', 'one-2', 'two-1', 'two-2']);
});

test('ROT-23: a link goes through thirty files; all their lines arrive in order', async () => {
  await using journey = await Journey.start();
  const targets = `${journey.home}/targets`;
  await mkdir(targets);
  const expected: string[] = [];
  for (let file = 0; file < 30; file += 1) {
    const lines = numbered(`file-${file}`, 100);
    expected.push(...lines);
    writeFileSync(`${targets}/${file}`, asFile(lines));
    symlinkSync(`${targets}/${file}`, journey.path('next'));
    renameSync(journey.path('next'), journey.path('current.log'));
    // The next one takes the name only once this one was found, as with any poll that is quick enough.
    await journey.untilCount(expected.length - 99);
  }
  const stored = await journey.exactly(expected);
  const streams = byStream(stored);
  assert.equal(streams.length, 30);
  for (const lines of streams) {
    const file = lines[0]!.text.slice(0, -2);
    assert.deepEqual(
      lines.map((line) => line.text),
      numbered(file, 100),
    );
  }
});

test('ROT-25: an hourly series, renamed at the hours, arrives whole and in order', async () => {
  await using journey = await Journey.start({ source: { include: ['LOGS/server.log*'] } });
  const path = journey.path('server.log');
  const hours = Array.from({ length: 24 }, (_, hour) => numbered(`hour-${hour}`, 90 + ((hour * 37) % 41)));
  for (const [hour, lines] of hours.entries()) {
    for (let from = 0; from < lines.length; from += 10) {
      appendFileSync(path, asFile(lines.slice(from, from + 10)));
      await clock.sleep(0);
    }
    renameSync(path, `${path}.2026-01-01-${String(hour).padStart(2, '0')}`);
  }
  const stored = await journey.exactly(hours.flat());
  for (const lines of byStream(stored)) {
    const texts = lines.map((line) => line.text);
    assert.deepEqual(
      texts,
      hours.find((hour) => hour[0] === texts[0]),
    );
  }
});

test('ROT-26: the copy of a truncated file is found beside it, also outside the patterns', async () => {
  await using journey = await Journey.start();
  const path = journey.path('f.log');
  await writeFile(path, 'a1\n');
  await journey.untilCount(1);
  appendFileSync(path, 'a2\n');
  copyFileSync(path, journey.path('saved'));
  truncateSync(path, 0);
  appendFileSync(path, 'b1\n');
  await journey.exactly(['a1', 'a2', 'b1']);
  assert.equal(journey.status.totals.gapBytes, 0);
});

test('ROT-26: the same while the agent was stopped', async () => {
  await using journey = await Journey.start();
  const path = journey.path('f.log');
  await writeFile(path, 'a1\n');
  await journey.untilCount(1);
  await journey.stopAgent();
  await appendFile(path, 'a2\n');
  await copyFile(path, `${path}.1`);
  await truncate(path, 0);
  await appendFile(path, 'b1\n');
  await journey.startAgent();
  await journey.exactly(['a1', 'a2', 'b1']);
});

test('ROT-26: unread lines that were copied out of sight are a named gap', async () => {
  await using journey = await Journey.start();
  const path = journey.path('f.log');
  await writeFile(path, 'a1\nunfinished');
  await journey.untilCount(1);
  await journey.until('all is seen', () => journey.status.streams[0]?.size === 13);
  copyFileSync(path, `${journey.home}/elsewhere`);
  truncateSync(path, 0);
  appendFileSync(path, 'b1\n');
  await journey.exactly(['a1', 'b1']);
  assert.equal(journey.status.totals.gapBytes, 10);
  assert.ok(journey.said.some((line) => /10 bytes can no longer be read/.test(line)));
});

test('ROT-28: two files that exchange their names keep their positions', async () => {
  await using journey = await Journey.start();
  const [a, b] = [journey.path('a.log'), journey.path('b.log')];
  await writeFile(a, 'a1\n');
  await writeFile(b, 'b1 is longer\n');
  await journey.untilCount(2);
  const swap = (): void => {
    renameSync(a, `${journey.home}/between`);
    renameSync(b, a);
    renameSync(`${journey.home}/between`, b);
  };
  swap();
  appendFileSync(a, 'b2\n');
  appendFileSync(b, 'a2\n');
  await journey.untilCount(4);
  await journey.stopAgent();
  swap();
  appendFileSync(a, 'a3\n');
  appendFileSync(b, 'b3\n');
  await journey.startAgent();
  const stored = await journey.exactly(['a1', 'b1 is longer', 'a2', 'b2', 'a3', 'b3']);
  assert.equal(new Set(stored.map((line) => line.stream)).size, 2);
});

test('ROT-30: a directory that is hidden and comes back is not read again', async () => {
  await using journey = await Journey.start({ source: { include: ['LOGS/app/*.log'], rotateWaitMs: 50 } });
  const app = journey.path('app');
  await mkdir(app);
  await writeFile(`${app}/a.log`, 'a1\n');
  await journey.untilCount(1);
  renameSync(app, `${journey.home}/hidden`);
  await mkdir(app);
  await journey.untilSaid(/file\.ended .*a\.log/);
  await appendFile(`${journey.home}/hidden/a.log`, 'a2\n');
  renameSync(`${journey.home}/hidden`, app);
  await journey.exactly(['a1', 'a2']);
});

test('ROT-30: a file system that comes back under another device number is not read again', async () => {
  await using journey = await Journey.start();
  const path = journey.path('a.log');
  await writeFile(path, 'a1\na2\n');
  await journey.untilCount(2);
  await journey.stopAgent();
  await appendFile(path, 'a3\n');
  await journey.startAgent({ host: otherDevice(createHost()) });
  await journey.exactly(['a1', 'a2', 'a3']);
});

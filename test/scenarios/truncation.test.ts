/** Files that become shorter: every line that was there to be read arrives once, and what is gone is named. */
import assert from 'node:assert/strict';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { appendFile, copyFile, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { asFile, Journey, numbered } from '../support/journey.ts';

test('TRU-01: reads what was appended after a truncation while stopped', async () => {
  await using journey = await Journey.open();
  const path = journey.path('a.log');
  const before = numbered('x'.repeat(45), 200);
  await writeFile(path, asFile(before));
  await journey.startAgent();
  await journey.untilCount(200);
  await journey.stopAgent();
  await truncate(path, 0);
  const after = numbered('y'.repeat(45), 10);
  await appendFile(path, asFile(after));
  await journey.startAgent();
  await journey.exactly([...before, ...after]);
});

test('TRU-03: reads a file anew that was truncated while stopped and grew past the old position', async () => {
  await using journey = await Journey.open();
  const path = journey.path('a.log');
  await writeFile(path, asFile(numbered('before', 20)));
  await journey.startAgent();
  await journey.untilCount(20);
  await journey.stopAgent();
  await writeFile(path, asFile(numbered('after', 60)));
  await journey.startAgent();
  await journey.exactly([...numbered('before', 20), ...numbered('after', 60)]);
});

test('TRU-05: does not join what was cut in the middle of a line with what follows', async () => {
  await using journey = await Journey.start();
  const path = journey.path('a.log');
  await writeFile(path, 'one\ntwo-two\nthree\n');
  await journey.untilCount(3);
  truncateSync(path, 'one\ntwo'.length);
  appendFileSync(path, '-new\nfour\n');
  // Too short for a proof of the prefix: the new generation is read from its beginning, and `one` is repeated.
  await journey.exactly(['one', 'two-two', 'three', 'one', 'two-new', 'four']);
});

test('TRU-05: keeps the prefix of a large file that was cut back', async () => {
  await using journey = await Journey.start({ batch: { recordsMax: 100 } });
  const path = journey.path('a.log');
  const lines = numbered('z'.repeat(90), 1000);
  await writeFile(path, asFile(lines));
  await journey.untilCount(1000);
  const kept = asFile(lines.slice(0, 500));
  truncateSync(path, kept.length + 10);
  appendFileSync(path, '-new\n');
  await journey.until('the new line arrives', async () =>
    (await journey.stored()).some((line) => line.text.endsWith('-new')),
  );
  const stored = await journey.stored();
  const repeated = stored.filter((line) => lines.slice(0, 500).includes(line.text)).length - 500;
  assert.ok(repeated >= 0 && repeated < 400, `${repeated} lines repeated`);
  assert.equal(stored.filter((line) => lines.slice(500).includes(line.text)).length, 500);
  const [first] = stored.filter((line) => line.text === `${'z'.repeat(10)}-new`);
  assert.ok(first, 'the cut line is not joined with an old one');
});

test('TRU-06: follows a truncated file through a link that was made again', async () => {
  await using journey = await Journey.start();
  const target = `${journey.home}/target`;
  const link = journey.path('a.log');
  await writeFile(target, 'old-1\nold-2\n');
  await symlink(target, link);
  await journey.untilCount(2);
  await truncate(target, 0);
  await unlink(link);
  await symlink(target, link);
  await appendFile(target, 'new-1\nnew-2\n');
  await journey.exactly(['old-1', 'old-2', 'new-1', 'new-2']);
  const followed = journey.status.streams.filter((one) => one.path === link && one.status === 'followed');
  assert.equal(followed.length, 1);
});

test('TRU-08: reads only the new line of a file copied and truncated while stopped', async () => {
  await using journey = await Journey.open();
  const path = journey.path('a.log');
  await writeFile(path, 'first\n');
  await journey.startAgent();
  await journey.untilCount(1);
  await journey.stopAgent();
  await copyFile(path, journey.path('a.1.log'));
  await truncate(path, 0);
  await appendFile(path, 'second\n');
  await journey.startAgent();
  await journey.exactly(['first', 'second']);
});

test('a truncation that took unread lines is a gap with its size, at the agent and at the hub', async () => {
  await using journey = await Journey.open();
  const path = journey.path('a.log');
  await writeFile(path, 'first\n');
  await journey.startAgent();
  await journey.untilCount(1);
  // A line without an end is seen and cannot be sent yet.
  appendFileSync(path, 'unfinished');
  await journey.until('it is seen', () => journey.status.streams.some((one) => one.size === 16));
  writeFileSync(path, '');
  appendFileSync(path, 'later\n');
  await journey.exactly(['first', 'later']);
  assert.equal(journey.status.totals.gapBytes, 10);
  const gaps = (await journey.streams()).flatMap((one) => one.gaps);
  assert.deepEqual(
    gaps.map((gap) => [gap.from, gap.to]),
    [[6, 16]],
  );
});

test('bytes that were seen between a copy and the truncation are a gap, where the copy lacks them', async () => {
  await using journey = await Journey.open();
  const path = journey.path('a.log');
  await writeFile(path, 'first\n');
  await journey.startAgent();
  await journey.untilCount(1);
  await copyFile(path, journey.path('a.log.1'));
  appendFileSync(path, 'unfinished');
  await journey.until('it is seen', () => journey.status.streams.some((one) => one.size === 16));
  writeFileSync(path, '');
  appendFileSync(path, 'later\n');
  await journey.exactly(['first', 'later']);
  await journey.until('the gap is told', () => journey.status.totals.gapBytes === 10);
  const gaps = (await journey.streams()).flatMap((one) => one.gaps);
  assert.deepEqual(
    gaps.map((gap) => [gap.from, gap.to]),
    [[6, 16]],
  );
});

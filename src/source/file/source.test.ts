/** The file source on a real disk: what is found, and that every line is given out once, in order. */
import assert from 'node:assert/strict';
import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  rename,
  rm,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Collector } from '../../../test/support/collector.ts';
import { isRotatedName } from './rotated-name.ts';

async function directory(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'almadia-source-'));
}

test('reads files that are there and follows what is appended', async () => {
  const dir = await directory();
  await writeFile(join(dir, 'a.log'), 'one\ntwo\n');
  await using source = await Collector.open(dir);
  await source.until(['one', 'two']);
  await appendFile(join(dir, 'a.log'), 'three\nfo');
  await source.until(['one', 'two', 'three']);
  await appendFile(join(dir, 'a.log'), 'ur\n');
  await source.until(['one', 'two', 'three', 'four']);
});

test('starts at the end of files seen at the very first start, at the beginning of later ones (DIS-03)', async () => {
  const dir = await directory();
  await writeFile(join(dir, 'old.log'), 'old\nunfin');
  await using source = await Collector.open(dir, { startAt: 'end', veryFirstStart: true });
  await writeFile(join(dir, 'new.log'), 'new\n');
  await source.until(['new']);
  await appendFile(join(dir, 'old.log'), 'ished\n');
  await source.until(['new', 'unfinished']);
});

test('does not read a renamed file again (ROT-01)', async () => {
  const dir = await directory();
  await writeFile(join(dir, 'f.log'), 'testlog1\n');
  await using source = await Collector.open(dir);
  await source.until(['testlog1']);
  await rename(join(dir, 'f.log'), join(dir, 'f.2.log'));
  await appendFile(join(dir, 'f.2.log'), 'testlog2\n');
  await source.until(['testlog1', 'testlog2']);
});

test('reads the rotated file to its end, also what is written late (ROT-10)', async () => {
  const dir = await directory();
  const path = join(dir, 'f.log');
  await writeFile(path, 'before\n');
  await using source = await Collector.open(dir);
  await source.until(['before']);
  await rename(path, `${path}.1`);
  await writeFile(path, 'new-after\n');
  await appendFile(`${path}.1`, 'old-after\n');
  await source.untilSet(['before', 'new-after', 'old-after']);
});

test('notices truncation and reads what comes after (ROT-03)', async () => {
  const dir = await directory();
  const path = join(dir, 'f.log');
  await writeFile(path, 'testlog1\ntestlog2\n');
  await using source = await Collector.open(dir);
  await source.until(['testlog1', 'testlog2']);
  await truncate(path, 0);
  await appendFile(path, 'testlog3\n');
  await source.until(['testlog1', 'testlog2', 'testlog3']);
});

test('reads the rest of a truncated file from its copy', async () => {
  const dir = await directory();
  const path = join(dir, 'f.log');
  await writeFile(path, 'a1\na2\n');
  await using source = await Collector.open(dir);
  await source.until(['a1', 'a2']);
  await source.paused(async () => {
    await appendFile(path, 'a3\na4\n');
    await copyFile(path, `${path}.1`);
    await truncate(path, 0);
    await appendFile(path, 'b1\n');
  });
  await source.untilSet(['a1', 'a2', 'a3', 'a4', 'b1']);
});

test('does not read a copy again that was finished before the last of it was written', async () => {
  const dir = await directory();
  const path = join(dir, 'f.log');
  await writeFile(path, 'a1\na2\n');
  await using source = await Collector.open(dir);
  await source.until(['a1', 'a2']);
  await copyFile(path, join(dir, 'f.1.log'));
  await appendFile(path, 'a3\n');
  await source.until(['a1', 'a2', 'a3']);
  await truncate(path, 0);
  await appendFile(path, 'b1\n');
  await source.until(['a1', 'a2', 'a3', 'b1']);
  await appendFile(join(dir, 'f.1.log'), 'late\n');
  await source.untilSet(['a1', 'a2', 'a3', 'b1', 'late']);
});

test('reads a file deleted and made again under the same inode (ROT-15)', async () => {
  const dir = await directory();
  const path = join(dir, 'f.log');
  await writeFile(path, 'first\n');
  await using source = await Collector.open(dir);
  await source.until(['first']);
  await unlink(path);
  await writeFile(path, 'again\n');
  await source.until(['first', 'again']);
});

test('follows a symbolic link to its new target and the old target to its end (ROT-13)', async () => {
  const dir = await directory();
  await mkdir(join(dir, 'targets'));
  await writeFile(join(dir, 'targets/one'), 'one-1\n');
  await symlink('targets/one', join(dir, 'current.log'));
  await using source = await Collector.open(dir);
  await source.until(['one-1']);
  await writeFile(join(dir, 'targets/two'), 'two-1\n');
  await symlink('targets/two', join(dir, 'new'));
  await rename(join(dir, 'new'), join(dir, 'current.log'));
  await appendFile(join(dir, 'targets/one'), 'one-2\n');
  await source.untilSet(['one-1', 'one-2', 'two-1']);
  await appendFile(join(dir, 'targets/two'), 'two-2\n');
  await source.untilSet(['one-1', 'one-2', 'two-1', 'two-2']);
});

test('resumes where the last run stopped, in the renamed file too', async () => {
  const dir = await directory();
  const path = join(dir, 'f.log');
  await writeFile(path, 'a1\na2\n');
  const first = await Collector.open(dir);
  await first.until(['a1', 'a2']);
  const state = await first.stop();
  await appendFile(path, 'a3\n');
  await rename(path, `${path}.1`);
  await writeFile(path, 'b1\n');
  await using second = await Collector.open(dir, { resume: state });
  await second.untilSet(['a3', 'b1']);
});

test('finds generations that came and went while no agent ran, beside the pattern', async () => {
  const dir = await directory();
  const path = join(dir, 'f.log');
  await writeFile(path, 'a1\na2\n');
  const first = await Collector.open(dir);
  await first.until(['a1', 'a2']);
  const state = await first.stop();
  await appendFile(path, 'a3\n');
  await rename(path, `${path}.2`);
  await writeFile(path, 'b1\n');
  await rename(path, `${path}.1`);
  await writeFile(path, 'c1\n');
  await using second = await Collector.open(dir, { resume: state });
  await second.untilSet(['a3', 'b1', 'c1']);
});

test('reads a file that was truncated and grew past the old position while stopped (TRU-03)', async () => {
  const dir = await directory();
  const path = join(dir, 'f.log');
  await writeFile(path, 'a1\na2\n');
  const first = await Collector.open(dir);
  await first.until(['a1', 'a2']);
  const state = await first.stop();
  await writeFile(path, 'quite other\nand longer than before\n');
  await using second = await Collector.open(dir, { resume: state });
  await second.until(['quite other', 'and longer than before']);
});

test('sends the unfinished last line of a file that was removed, once it is quiet', async () => {
  const dir = await directory();
  const path = join(dir, 'f.log');
  await writeFile(path, 'a1\nunfinished');
  await using source = await Collector.open(dir, { rotateWaitMs: 50 });
  await source.until(['a1']);
  await unlink(path);
  await source.until(['a1', 'unfinished']);
});

test('skips what is not a file, and says so (DIS-20)', async () => {
  const dir = await directory();
  await mkdir(join(dir, 'directory.log'));
  await symlink('/dev/zero', join(dir, 'zero.log'));
  await writeFile(join(dir, 'a.log'), 'one\n');
  await using source = await Collector.open(dir);
  await source.until(['one']);
  assert.ok(source.said.some((line) => line.includes('zero.log is a device')));
});

test('holds back a copy until it differs, then reads it as its own (DIS-08)', async () => {
  const dir = await directory();
  await writeFile(join(dir, 'a.log'), 'same\n');
  await using source = await Collector.open(dir, { copyWaitMs: 60_000 });
  await source.until(['same']);
  await writeFile(join(dir, 'b.log'), 'same\n');
  await appendFile(join(dir, 'a.log'), 'only a\n');
  await source.until(['same', 'only a']);
  await appendFile(join(dir, 'b.log'), 'only b, and this is longer\n');
  await source.untilSet(['same', 'only a', 'same', 'only b, and this is longer']);
});

test('cuts lines over the limit and keeps their neighbours (LIN-10, LIN-11)', async () => {
  const dir = await directory();
  await writeFile(join(dir, 'a.log'), `short\n${'x'.repeat(10_240)}\n${'y'.repeat(4096)}\nend\n`);
  await using source = await Collector.open(dir, { lineBytesMax: 4096 });
  await source.until(['short', 'x'.repeat(4096), 'y'.repeat(4096), 'end']);
  assert.equal(source.cut, 1);
});

test('finds files in directories that appear later', async () => {
  const dir = await directory();
  await using source = await Collector.open(dir);
  await mkdir(join(dir, 'deep/er'), { recursive: true });
  await writeFile(join(dir, 'deep/er/a.log'), 'deep\n');
  await source.until(['deep']);
  await rm(join(dir, 'deep'), { recursive: true });
});

test('knows the names that rotation makes of a name', () => {
  const rotated = ['f.log.1', 'f.log-20260101', 'f-20260101.log', 'f.1.log', 'f.log_old', 'f.old.log'];
  const dated = ['f-2026-11-04T18-30-00.000.log', 'f__2026-11-04_00-00-00.log', 'f.log.2026-11-04.3'];
  for (const name of [...rotated, ...dated]) assert.ok(isRotatedName('/d/f.log', `/d/${name}`), name);
  for (const name of ['f.logs', 'g.log', 'f2.log', 'f.txt', 'f-error.log', 'f.log.lck', 'f.log.tmp'])
    assert.ok(!isRotatedName('/d/f.log', `/d/${name}`), name);
});

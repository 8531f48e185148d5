/** Files that were compressed: what was read of them is not read again, and the rest is. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Collector, type Resume } from '../../../test/support/collector.ts';
import { isArchiveName } from './rotated-name.ts';

/** A directory in which `f.log` was read to its end and its collector stopped. */
async function readOnce(content: string): Promise<{ directory: string; path: string; resume: Resume }> {
  const directory = await mkdtemp(join(tmpdir(), 'almadia-archives-'));
  const path = join(directory, 'f.log');
  await writeFile(path, content);
  const first = await Collector.open(directory);
  const lines = content.split('\n').slice(0, -1);
  await first.until(lines);
  return { directory, path, resume: await first.stop() };
}

async function compress(path: string, archive: string): Promise<void> {
  await writeFile(archive, gzipSync(await readFile(path)));
  await unlink(path);
}

test('reads the rest of a file that was compressed while stopped, and its last line without an end', async () => {
  const { directory, path, resume } = await readOnce('a1\na2\n');
  await appendFile(path, 'a3\na4\nunfinished');
  await compress(path, `${path}-20260101.gz`);
  await writeFile(path, 'b1\n');
  await using second = await Collector.open(directory, { resume, rotateWaitMs: 50 });
  await second.untilSet(['a3', 'a4', 'unfinished', 'b1']);
  assert.deepEqual(
    second.lines.filter((line) => line !== 'b1'),
    ['a3', 'a4', 'unfinished'],
  );
  assert.deepEqual(second.gaps, []);
});

test('reads nothing of a file that had been read to its end, and names no gap', async () => {
  const { directory, path, resume } = await readOnce('a1\na2\n');
  await compress(path, `${path}.1.gz`);
  await writeFile(path, 'b1\n');
  await using second = await Collector.open(directory, { resume, rotateWaitMs: 50 });
  await second.until(['b1']);
  await appendFile(path, 'b2\n');
  await second.until(['b1', 'b2']);
  assert.deepEqual(second.gaps, []);
  assert.ok(second.said.some((line) => line.includes('no longer there; its rest is read from')));
});

test('does not take the archive of another generation for that of this one', async () => {
  const { directory, path, resume } = await readOnce('header\na1\n');
  await writeFile(`${path}.2.gz`, gzipSync('header\nolder\n'));
  await writeFile(`${path}.1.gz`, gzipSync('header\nother\n'));
  // Of another inode than the file that it replaces.
  await writeFile(`${path}.new`, 'header\nb1\n');
  await rename(`${path}.new`, path);
  await using second = await Collector.open(directory, { resume });
  await second.until(['header', 'b1']);
  assert.ok(second.said.some((line) => line.includes('gone from the disk')));
});

test('goes on after a stop in the middle of an archive of a truncated file', async () => {
  const { directory, path, resume } = await readOnce('a1\na2\n');
  await appendFile(path, 'a3\n');
  writeFileSync(`${path}.1.gz`, gzipSync(readFileSync(path)));
  truncateSync(path, 0);
  appendFileSync(path, 'b1\n');
  const second = await Collector.open(directory, { resume });
  await second.untilSet(['a3', 'b1']);
  const again = await second.stop();
  await appendFile(path, 'b2\n');
  await using third = await Collector.open(directory, { resume: again, rotateWaitMs: 50 });
  await third.until(['b2']);
  await appendFile(path, 'b3\n');
  await third.until(['b2', 'b3']);
  assert.deepEqual([...second.gaps, ...third.gaps], []);
});

test('waits for an archive that is still being written', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'almadia-archives-'));
  const path = join(directory, 'f.log');
  await writeFile(path, 'a1\n');
  await using source = await Collector.open(directory, { openFilesMax: 1, copyWaitMs: 60_000 });
  await source.until(['a1']);
  // Both descriptors are taken by others, so that its file is gone when its name is.
  await writeFile(join(directory, 'o.log'), 'o1\n');
  await source.until(['a1', 'o1']);
  await writeFile(join(directory, 'p.log'), 'p1\n');
  await source.until(['a1', 'o1', 'p1']);
  const packed = gzipSync('a1\na2\na3\n');
  writeFileSync(`${path}.1.gz`, packed.subarray(0, 15));
  unlinkSync(path);
  writeFileSync(path, 'b1\n');
  await source.until(['a1', 'o1', 'p1', 'b1']);
  // Others are found and read meanwhile, however often the stream is asked after.
  await writeFile(join(directory, 'c.log'), 'c1\n');
  await source.until(['a1', 'o1', 'p1', 'b1', 'c1']);
  await writeFile(join(directory, 'd.log'), 'd1\n');
  await source.until(['a1', 'o1', 'p1', 'b1', 'c1', 'd1']);
  appendFileSync(`${path}.1.gz`, packed.subarray(15));
  await source.until(['a1', 'o1', 'p1', 'b1', 'c1', 'd1', 'a2', 'a3']);
  assert.deepEqual(source.gaps, []);
});

test('gives the whole lines of an archive that is cut short, and a gap for what is missing', async () => {
  const lines = Array.from({ length: 5000 }, (_, index) => `line ${index} ${Math.sin(index)}`);
  const content = `${lines.join('\n')}\n`;
  const { directory, path, resume } = await readOnce(`${lines[0]}\n`);
  for (const [id, stream] of resume.streams) resume.streams.set(id, { ...stream, size: content.length });
  await writeFile(path, content);
  const packed = gzipSync(content);
  await unlink(path);
  await writeFile(`${path}.1.gz`, packed.subarray(0, packed.length / 2));
  await using second = await Collector.open(directory, { resume, copyWaitMs: 100, rotateWaitMs: 50 });
  await second.untilGap();
  const count = second.lines.length;
  assert.ok(count > 1000 && count < 4000, `${count} lines`);
  assert.deepEqual(second.lines, lines.slice(1, count + 1));
  const given = lines.slice(0, count + 1).join('\n').length + 1;
  assert.deepEqual(second.gaps, [content.length - given]);
});

test('trusts nothing of an archive that is corrupt, and names the gap', async () => {
  const { directory, path, resume } = await readOnce('a1\na2\n');
  for (const [id, stream] of resume.streams) resume.streams.set(id, { ...stream, size: 9 });
  const packed = gzipSync(`a1\na2\na3\n${randomBytes(20_000).toString('hex')}`);
  packed[packed.length - 6]! ^= 1;
  await unlink(path);
  await writeFile(`${path}.1.gz`, packed);
  await using second = await Collector.open(directory, { resume, copyWaitMs: 100 });
  await second.untilGaps([3]);
  assert.deepEqual(second.lines, []);
  assert.ok(second.said.some((line) => line.includes('is corrupt')));
});

test('still skips compressed files that a pattern wants', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'almadia-archives-'));
  await writeFile(join(directory, 'f.log.1.gz'), gzipSync('a1\n'));
  await writeFile(join(directory, 'f.log'), 'b1\n');
  await using source = await Collector.open(directory, { include: [`${directory}/*`] });
  await source.until(['b1']);
  assert.ok(source.said.some((line) => line.includes('f.log.1.gz is compressed')));
});

test('knows the names that compressing makes of a name', () => {
  const pairs = [
    ['/d/f.log', '/d/f.log.gz'],
    ['/d/f.log', '/d/f.log.1.gz'],
    ['/d/f.log', '/d/f.log-20260101.gz'],
    ['/d/f.log', '/d/f-20260101.log.gz'],
    ['/d/f.log', '/d/f.log.gz-20260101'],
    ['/d/f.log.1', '/d/f.log.1.gz'],
    ['/d/f.log.1', '/d/f.log.2.gz'],
    ['/d/f-2026-01-01.log', '/d/f-2026-01-01.log.gz'],
  ] as const;
  for (const [path, archive] of pairs) assert.ok(isArchiveName(path, archive), archive);
  for (const name of ['/d/f.log', '/d/f.log.1', '/d/g.log.gz', '/d/f.logs.gz', '/d/f.log.1.bz2'])
    assert.ok(!isArchiveName('/d/f.log', name), name);
});

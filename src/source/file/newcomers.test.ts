/** Files that nobody knows yet, on a real disk. */
import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Collector } from '../../../test/support/collector.ts';

async function directory(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'almadia-newcomers-'));
}

test('commits the streams of the first pass together', async () => {
  const dir = await directory();
  const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`);
  for (const line of lines) await writeFile(join(dir, `${line}.log`), `${line}\n`);
  await using source = await Collector.open(dir);
  assert.equal(source.firstCommits, 1);
  await source.untilSet(lines);
});

test('holds nothing back at the first pass of all', async () => {
  const dir = await directory();
  for (const name of ['a.log', 'b.log']) await writeFile(join(dir, name), 'same\n');
  await using source = await Collector.open(dir, { copyWaitMs: 3_600_000 });
  await source.until(['same', 'same']);
});

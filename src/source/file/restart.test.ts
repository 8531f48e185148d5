/** What a start after a stop or a crash must still know of files that were rotated, truncated or removed. */
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, rename, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Collector, type Resume } from '../../../test/support/collector.ts';
import { createHost } from '../../host/node/host.ts';

async function logPath(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'almadia-restart-')), 'f.log');
}

async function stoppedAfter(path: string, lines: readonly string[]): Promise<Resume> {
  await using source = await Collector.open(join(path, '..'));
  await source.until(lines);
  return await source.stop();
}

/** A machine whose wall clock is as far ahead as wished. */
function machine(ahead: { ms: number }) {
  const host = createHost();
  const { clock } = host;
  return {
    ...host,
    clock: {
      now: () => clock.now() + ahead.ms,
      monotonicMs: () => clock.monotonicMs(),
      sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
    },
  };
}

test('goes on draining a rotated file after each of two restarts', async () => {
  const path = await logPath();
  await writeFile(path, 'a1\n');
  let state = await stoppedAfter(path, ['a1']);
  await rename(path, `${path}.1`);
  await writeFile(path, 'b1\n');
  await using second = await Collector.open(join(path, '..'), { resume: state });
  await second.until(['b1']);
  state = await second.stop();
  await appendFile(`${path}.1`, 'a2\n');
  await using third = await Collector.open(join(path, '..'), { resume: state });
  await third.until(['a2']);
});

test('waits for late writers from the rename on, however long the file was quiet before', async () => {
  const path = await logPath();
  const ahead = { ms: 0 };
  await writeFile(path, 'a1\n');
  await using source = await Collector.open(join(path, '..'), { host: machine(ahead) });
  await source.until(['a1']);
  ahead.ms = 3_600_000;
  await rename(path, `${path}.1`);
  await source.untilSaid('the name leads elsewhere');
  await writeFile(join(path, '../other.log'), 'other\n');
  await source.until(['a1', 'other']);
  await appendFile(`${path}.1`, 'late\n');
  await source.until(['a1', 'other', 'late']);
});

test('tells a gap again that was found but not settled', async () => {
  const path = await logPath();
  await writeFile(path, 'a1\n');
  const state = await stoppedAfter(path, ['a1']);
  // Two lines came after the last one read, and were seen; then the file was removed.
  const [record] = [...state.streams.values()];
  state.streams.set(record!.id, { ...record!, status: 'ended', size: 9 });
  await unlink(path);
  await using source = await Collector.open(join(path, '..'), { resume: state, rotateWaitMs: 1 });
  await source.untilSaid('can no longer be read');
  await source.untilGaps([6]);
  await source.stop();
  await using again = await Collector.open(join(path, '..'), { resume: state });
  await writeFile(path, 'b1\n');
  await again.until(['b1']);
  assert.deepEqual(again.gaps, []);
});

test('repeats nothing when both generations of a truncated file are restored', async () => {
  const path = await logPath();
  await writeFile(path, 'a1\na2\n');
  await using first = await Collector.open(join(path, '..'));
  await first.until(['a1', 'a2']);
  await truncate(path, 0);
  await appendFile(path, 'b1\n');
  await first.until(['a1', 'a2', 'b1']);
  const state = await first.stop();
  // The old generation is not settled yet, so that it is restored as followed.
  const [old] = [...state.streams.values()].filter((one) => one.status === 'ended');
  state.positions.set(old!.id, 3);
  await using second = await Collector.open(join(path, '..'), { resume: state, rotateWaitMs: 1 });
  await second.untilGaps([3]);
  await appendFile(path, 'b2\n');
  await second.until(['b2']);
});

test('uses a position that was taken over once, not for later files of that path', async () => {
  const path = await logPath();
  await writeFile(path, 'a1\na2\n');
  await using source = await Collector.open(join(path, '..'), { takenOver: new Map([[path, 3]]) });
  await source.until(['a2']);
  await rename(path, `${path}.1`);
  await writeFile(path, 'b1\nb2\n');
  await source.until(['a2', 'b1', 'b2']);
});

test('waits for a directory that is not there yet, and for a file that comes back', async () => {
  const path = await logPath();
  const top = join(path, '..');
  await mkdir(join(top, 'volume'));
  await writeFile(path, 'a1\n');
  await writeFile(join(top, 'volume/g.log'), 'g1\n');
  await using first = await Collector.open(top);
  await first.untilSet(['a1', 'g1']);
  const state = await first.stop();
  // More was seen of both than was read.
  for (const record of state.streams.values()) state.streams.set(record.id, { ...record, size: 6 });
  await appendFile(path, 'a2\n');
  await appendFile(join(top, 'volume/g.log'), 'g2\n');
  const away = await mkdtemp(join(tmpdir(), 'almadia-away-'));
  await rename(path, join(away, 'f.log'));
  await rename(join(top, 'volume'), join(away, 'volume'));
  const ahead = { ms: 0 };
  await using second = await Collector.open(top, { resume: state, host: machine(ahead) });
  await second.untilSaid('f.log: is missing');
  await second.untilSaid('g.log: is missing');
  await rename(join(away, 'f.log'), path);
  await second.until(['a2']);
  ahead.ms = 3_600_000;
  await rename(join(away, 'volume'), join(top, 'volume'));
  await second.until(['a2', 'g2']);
  assert.deepEqual(second.gaps, []);
});

test('reads a generation that came and went while its path led to nothing', async () => {
  const path = await logPath();
  await writeFile(path, 'a1\n');
  await using source = await Collector.open(join(path, '..'));
  await source.until(['a1']);
  await rename(path, `${path}.1`);
  await source.untilSaid('the name leads elsewhere');
  // Nothing is looked at between these steps.
  writeFileSync(path, 'b1\n');
  renameSync(`${path}.1`, `${path}.2`);
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'c1\n');
  await source.untilSet(['a1', 'b1', 'c1']);
});

test('reads a generation that was made before the first one of a path was ever met', async () => {
  const path = await logPath();
  await writeFile(join(path, '../other.log'), 'other\n');
  await using source = await Collector.open(join(path, '..'));
  await source.until(['other']);
  writeFileSync(`${path}.lck`, 'no log\n');
  writeFileSync(path, 'a1\n');
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'b1\n');
  await source.untilSet(['other', 'a1', 'b1']);
});

test('reads a generation that was empty at the last look, after a stop', async () => {
  const path = await logPath();
  await writeFile(path, 'a1\n');
  await using first = await Collector.open(join(path, '..'));
  await first.until(['a1']);
  await rename(path, `${path}.1`);
  await first.untilSaid('the name leads elsewhere');
  await writeFile(path, '');
  const state = await first.stop();
  await appendFile(path, 'b1\n');
  await rename(`${path}.1`, `${path}.2`);
  await rename(path, `${path}.1`);
  await writeFile(path, 'c1\n');
  await using second = await Collector.open(join(path, '..'), { resume: state });
  await second.untilSet(['b1', 'c1']);
});

test('takes no copy of what was read for a generation that was missed', async () => {
  const path = await logPath();
  const line = `${'a'.repeat(999)}\n`;
  await writeFile(path, line.repeat(8));
  await using source = await Collector.open(join(path, '..'));
  await source.untilSet(Array<string>(8).fill(line.trim()));
  await writeFile(`${path}.bak`, line.repeat(6));
  await appendFile(path, 'a2\n');
  await source.untilSaid('following');
  await rename(path, `${path}.1`);
  await writeFile(path, 'b1\n');
  await source.untilSet([...Array<string>(8).fill(line.trim()), 'a2', 'b1']);
  await writeFile(join(path, '../last.log'), 'last\n');
  await source.untilSet([...Array<string>(8).fill(line.trim()), 'a2', 'b1', 'last']);
});

test('reads what came and went while it was stopped, also by a state that does not tell when files were met', async () => {
  const path = await logPath();
  await writeFile(path, 'a1\n');
  const state = await stoppedAfter(path, ['a1']);
  for (const [id, { metAtMs: _, ...record }] of state.streams) state.streams.set(id, record);
  await rename(path, `${path}.2`);
  await writeFile(`${path}.1`, 'b1\n');
  await writeFile(path, 'c1\n');
  await using second = await Collector.open(join(path, '..'), { resume: state });
  await second.untilSet(['b1', 'c1']);
});

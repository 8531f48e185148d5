/** What passes find without any event, and what they cost, in virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type VirtualOptions, VirtualSource } from '../../../test/support/virtual-source.ts';

const rescanIntervalMs = 10_000;

/** A source without events that has read one line of each of so many files. */
async function quietSource(fileCount: number, options: VirtualOptions = {}): Promise<VirtualSource> {
  const source = new VirtualSource();
  for (let index = 0; index < fileCount; index += 1) source.append(`${index}.log`, `line of ${index}\n`);
  await source.run(5000);
  await source.open({ rescanIntervalMs, events: false, ...options });
  await source.until(fileCount);
  await source.run(2 * rescanIntervalMs);
  return source;
}

test('looks once at each file in a pass, and opens and lists nothing, while nothing changes', async () => {
  const source = await quietSource(40, { openFilesMax: 8 });
  const { open, list, stat } = source.counts;
  await source.run(3 * (rescanIntervalMs + 200));
  assert.equal(source.counts.open, open);
  assert.equal(source.counts.list, list);
  // Each pass: every file, and its directory for the walk and for the watch.
  assert.equal(source.counts.stat - stat, 3 * (40 + 2));
  await source.close();
});

test('finds without events that files grew, also closed ones', async () => {
  const source = await quietSource(40, { openFilesMax: 8 });
  for (let index = 0; index < 40; index += 1) source.append(`${index}.log`, 'more\n');
  await source.run(rescanIntervalMs + 500);
  assert.equal(source.lines.filter((line) => line === 'more').length, 40);
  await source.close();
});

test('finds without events that files were truncated, written anew, exchanged, renamed and removed', async () => {
  const source = await quietSource(6, { openFilesMax: 2 });
  const { drive } = source.machine;
  drive.truncate(drive.get('/logs/0.log'), 0);
  source.append('0.log', 'truncated\n');
  // The same length with other content.
  drive.write(drive.get('/logs/1.log'), 0, Buffer.from('same len 1\n'));
  drive.unlink('/logs/2.log');
  source.append('2.log', 'made anew\n');
  drive.rename('/logs/3.log', '/logs/three.log');
  source.append('three.log', 'renamed\n');
  drive.rename('/logs/4.log', '/logs/4.old');
  source.append('4.old', 'late\n');
  source.append('4.log', 'rotated\n');
  source.append('new.log', 'new\n');
  await source.run(rescanIntervalMs + 500);
  assert.deepEqual(source.lines.slice(6).sort(), [
    'late',
    'made anew',
    'new',
    'renamed',
    'rotated',
    'same len 1',
    'truncated',
  ]);
  await source.close();
});

test('looks again at a file that changed within the grain of its times', async () => {
  const source = await quietSource(1);
  source.append('0.log', 'a\n');
  await source.run(rescanIntervalMs);
  const { modifiedMs } = source.machine.drive.get('/logs/0.log');
  source.append('0.log', 'b\n');
  source.machine.drive.get('/logs/0.log').modifiedMs = modifiedMs;
  await source.run(rescanIntervalMs + 500);
  assert.equal(source.lines.at(-1), 'b');
  await source.close();
});

test('spreads a pass over time, and looks for news within it', async () => {
  const source = await quietSource(400);
  // Between two passes.
  let from = -1;
  while (source.looks.length > from) {
    from = source.looks.length;
    await source.run(1500);
  }
  // So far into a pass that it rests between two parts of it.
  while (source.looks.length < from + 200) await source.run(10);
  source.machine.drive.makeDirectory('/logs/sub');
  source.append('sub/new.log', 'new\n');
  source.told.get('/logs')!('sub', 'name');
  const tookMs = await source.until(401);
  assert.ok(tookMs < 400, `found after ${tookMs} ms`);
  const looked = () => source.looks.slice(from).filter(({ path }) => /\d\.log$/.test(path));
  assert.ok(new Set(looked().map(({ path }) => path)).size < 400);
  await source.run(6000);
  const pass = looked();
  assert.equal(new Set(pass.map(({ path }) => path)).size, 400);
  const rests = pass.filter(({ atMs }, index) => index > 0 && atMs - pass[index - 1]!.atMs >= 1000);
  assert.ok(rests.length >= 1, `${rests.length} rests`);
  await source.close();
});

test('keeps a busy file open beyond the bound, so that its last lines are read though it is unlinked', async () => {
  const source = await quietSource(4, { openFilesMax: 2, events: true });
  const { drive } = source.machine;
  // Two files are busy, and a third has to be opened while they are.
  for (const name of ['0', '1']) source.append(`${name}.log`, 'busy\n');
  await source.until(6);
  source.append('2.log', 'opened for\n');
  await source.until(7);
  source.append('0.log', 'last of 0\n');
  source.append('1.log', 'last of 1\n');
  drive.unlink('/logs/0.log');
  drive.unlink('/logs/1.log');
  await source.run(2 * rescanIntervalMs);
  assert.deepEqual(source.lines.slice(7).sort(), ['last of 0', 'last of 1']);
  await source.close();
});

test('never holds many more files than the bound says, however busy they are', async () => {
  const source = await quietSource(20, { openFilesMax: 8, events: true });
  for (let index = 0; index < 20; index += 1) source.append(`${index}.log`, 'busy\n');
  await source.until(40);
  const held = source.machine.drive.inodes().filter((inode) => inode.kind === 'file' && inode.held);
  assert.equal(held.length, 10);
  await source.close();
});

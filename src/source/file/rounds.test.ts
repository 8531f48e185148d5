/** A directory whose events cost too much, in virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualSource } from '../../../test/support/virtual-source.ts';
import { eventsAtOnce } from './traffic.ts';

/** Two quiet files and a busy one, whose events have just become too many. */
async function busySource(): Promise<VirtualSource> {
  const source = new VirtualSource();
  for (const name of ['busy.log', 'quiet.log', 'other.log']) source.append(name, 'first\n');
  await source.open({ rescanIntervalMs: 3_600_000 });
  await source.until(3);
  await source.run(1000);
  source.append('busy.log', 'second\n');
  await source.until(4);
  const changed = source.told.get('/logs')!;
  // Two heaps of them: how long the first took to come together is not known.
  for (let count = 0; count < 2 * eventsAtOnce; count += 1) changed('busy.log', 'content');
  await source.run(100);
  assert.equal(source.counts.unwatch, 1);
  return source;
}

/** The busy file grows by a line each 2 ms for so long. */
async function write(source: VirtualSource, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 2) {
    source.append('busy.log', `at ${passed}\n`);
    await source.run(2);
  }
}

test('reads the busy file on a timer, without events', async () => {
  const source = await busySource();
  const count = source.lines.length;
  await write(source, 1000);
  assert.ok((await source.until(count + 500)) < 20);
  assert.equal(source.counts.watch, 1);
  await source.close();
});

test('finds what is written to quiet files and to new ones meanwhile', async () => {
  const source = await busySource();
  source.append('quiet.log', 'soon\n');
  source.append('new.log', 'sooner\n');
  await write(source, 1500);
  assert.equal(source.counts.watch, 1);
  assert.ok(source.lines.includes('soon'));
  assert.ok(source.lines.includes('sooner'));
  await source.close();
});

test('notices that the busy file was renamed and made anew', async () => {
  const source = await busySource();
  await write(source, 100);
  source.machine.drive.rename('/logs/busy.log', '/logs/busy.1');
  source.append('busy.log', 'of the new file\n');
  await source.run(100);
  assert.ok(source.lines.includes('of the new file'));
  await source.close();
});

test('watches it again when it is calm, and has then looked at everything', async () => {
  const source = await busySource();
  await source.run(1900);
  assert.equal(source.counts.watch, 1);
  const changed = source.machine.drive.watch('/logs', () => undefined);
  // Written at the last moment at which no event can tell of it.
  while (source.counts.watch === 1) {
    source.append('quiet.log', 'between\n');
    await source.run(1);
  }
  changed();
  const written = source.machine.drive.get('/logs/quiet.log').size;
  await source.run(200);
  assert.equal(source.pieces.findLast(({ segment }) => segment.path.includes('quiet'))?.segment.to, written);
  source.append('other.log', 'by its event\n');
  await source.run(20);
  assert.equal(source.lines.at(-1), 'by its event');
  await source.close();
});

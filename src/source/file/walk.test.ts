/** When a directory is listed again, and when what it held is known. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Disk, FileStat } from '../../host/disk.ts';
import { compilePatterns } from './patterns.ts';
import { Walker } from './walk.ts';

/** One directory, whose names and time of change a test sets. */
class OneDirectory {
  names = ['a.log', 'b.txt'];
  modifiedMs = 0;
  lists = 0;
  nowMs = 0;
  trusted = true;

  walker(): Walker {
    const stat = (): Promise<FileStat> =>
      Promise.resolve({
        kind: 'directory',
        device: 1n,
        inode: 2n,
        birthTimeNs: null,
        modifiedMs: this.modifiedMs,
        size: 0,
        links: 1,
        permissions: 0o755,
        userId: 0,
      });
    const list: Disk['list'] = () => {
      this.lists += 1;
      return Promise.resolve(this.names.map((name) => ({ name, kind: 'file' })));
    };
    const settings = { include: ['/logs/*.log'], exclude: [] } as unknown as Parameters<
      typeof compilePatterns
    >[0];
    return new Walker({ stat, list } as unknown as Disk, {
      patterns: [compilePatterns(settings)],
      nowMs: () => this.nowMs,
      trusts: () => this.trusted,
    });
  }
}

const found = async (walker: Walker) => [...(await walker.walk(() => Promise.resolve())).found];

test('lists a directory again only when its time of change is another', async () => {
  const directory = new OneDirectory();
  directory.nowMs = 10_000;
  const walker = directory.walker();
  assert.deepEqual(await found(walker), ['/logs/a.log']);
  assert.deepEqual(await found(walker), ['/logs/a.log']);
  assert.equal(directory.lists, 1);
  directory.names.push('c.log');
  directory.modifiedMs = 6000;
  assert.deepEqual(await found(walker), ['/logs/a.log', '/logs/c.log']);
  assert.deepEqual([...walker.foundIn('/logs')], ['/logs/a.log', '/logs/c.log']);
  assert.equal(directory.lists, 2);
});

test('lists it again while its time of change is so young that a later change may not show', async () => {
  const directory = new OneDirectory();
  const walker = directory.walker();
  for (const [nowMs, lists] of [
    [1000, 1],
    [3000, 2],
    [3001, 3],
    [9000, 3],
  ] as const) {
    directory.nowMs = nowMs;
    await found(walker);
    assert.equal(directory.lists, lists, `at ${nowMs}`);
  }
});

test('lists it each time where its times are not to be trusted', async () => {
  const directory = new OneDirectory();
  directory.nowMs = 10_000;
  directory.trusted = false;
  const walker = directory.walker();
  await found(walker);
  await found(walker);
  assert.equal(directory.lists, 2);
});

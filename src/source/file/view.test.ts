/** What events make the source look at, on a real disk and in virtual time. */
import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Collector } from '../../../test/support/collector.ts';
import { VirtualSource } from '../../../test/support/virtual-source.ts';
import type { Host } from '../../host/host.ts';
import { createHost } from '../../host/node/host.ts';

async function directory(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'almadia-view-'));
}

/** Hours: no pass comes by itself while a test runs. */
const rescanIntervalMs = 3_600_000;

test('walks no directories because a file is written that nobody wants', async () => {
  const dir = await directory();
  const host = createHost();
  let lists = 0;
  const list: Host['disk']['list'] = (path) => {
    lists += 1;
    return host.disk.list(path);
  };
  const disk = new Proxy(host.disk, {
    get: (target, name: keyof Host['disk']) =>
      name === 'list' ? list : (target[name] as () => unknown).bind(target),
  });
  await writeFile(join(dir, 'noise.txt'), '');
  await writeFile(join(dir, 'a.log'), 'line\n');
  await using source = await Collector.open(dir, { rescanIntervalMs, host: { ...host, disk } });
  await source.until(['line']);
  const before = lists;
  for (let count = 2; count < 22; count += 1) {
    await appendFile(join(dir, 'noise.txt'), 'noise\n');
    await appendFile(join(dir, 'a.log'), 'line\n');
    await source.until(Array<string>(count).fill('line'));
  }
  assert.equal(lists, before);
});

test('watches a directory that was removed and made again', async () => {
  const dir = await directory();
  const path = join(dir, 'sub/a.log');
  await mkdir(join(dir, 'sub'));
  await writeFile(path, 'one\n');
  await using source = await Collector.open(dir, { rescanIntervalMs });
  await source.until(['one']);
  await rm(join(dir, 'sub'), { recursive: true });
  await mkdir(join(dir, 'sub'));
  await writeFile(path, 'two\n');
  await source.until(['one', 'two']);
  const expected = ['one', 'two'];
  for (const line of ['three', 'four', 'five']) {
    await appendFile(path, `${line}\n`);
    expected.push(line);
    await source.until(expected);
  }
});

test('reads what an event tells of without looking at it first', async () => {
  const source = new VirtualSource();
  source.append('a.log', 'one\n');
  await source.open();
  await source.until(1);
  await source.run(1000);
  const { stat, open } = source.counts;
  source.append('a.log', 'two\n');
  const tookMs = await source.until(2);
  // One read of the simulated disk.
  assert.ok(tookMs < 5, `${tookMs} ms`);
  assert.deepEqual({ stat: source.counts.stat, open: source.counts.open }, { stat, open });
  await source.close();
});

test('knows how much there was in a file that is truncated while nobody reads', async () => {
  const source = new VirtualSource();
  source.append('a.log', 'one\n');
  await source.open();
  await source.until(1);
  source.taking = false;
  source.append('a.log', 'two\n');
  await source.run(1000);
  source.append('a.log', 'never read\n');
  await source.run(100);
  source.machine.drive.truncate(source.machine.drive.get('/logs/a.log'), 0);
  source.append('a.log', 'anew\n');
  source.taking = true;
  await source.until(3);
  assert.deepEqual(source.lines, ['one', 'two', 'anew']);
  const gaps = source.pieces.map(({ segment }) => segment).filter(({ kind }) => kind === 'gap');
  assert.deepEqual(
    gaps.map(({ from, to }) => to - from),
    ['never read\n'.length],
  );
  await source.close();
});

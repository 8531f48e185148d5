/** What time decides about files that are leaving, on a real disk. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Collector } from '../../../test/support/collector.ts';
import { until } from '../../../test/support/until.ts';
import { DiskError } from '../../host/disk.ts';
import type { Host } from '../../host/host.ts';
import { createHost } from '../../host/node/host.ts';

async function directory(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'almadia-review-'));
}

/** A machine on whose disk the size of one file cannot be asked, once it is broken. */
function faulty(broken: { path: string }): Host {
  const host = createHost();
  const open: Host['disk']['open'] = async (path, mode, permissions) => {
    const handle = await host.disk.open(path, mode, permissions);
    return {
      read: (target, at) => handle.read(target, at),
      write: (bytes) => handle.write(bytes),
      stat: async () => {
        if (path === broken.path) throw new DiskError('EIO', path, 'input/output error');
        return await handle.stat();
      },
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  };
  const disk = new Proxy(host.disk, {
    get: (target, name: keyof Host['disk']) =>
      name === 'open' ? open : (target[name] as () => unknown).bind(target),
  });
  return { ...host, disk };
}

test('tells that a rotated file lost its last name, when it is removed later', async () => {
  const dir = await directory();
  await writeFile(join(dir, 'f.log'), 'one\n');
  await using source = await Collector.open(dir);
  await source.until(['one']);
  await rename(join(dir, 'f.log'), join(dir, 'f.log.1'));
  await source.untilSaid('the name leads elsewhere');
  assert.deepEqual(source.fleeting, []);
  await unlink(join(dir, 'f.log.1'));
  await until('it is told', () => source.fleeting.length > 0);
  await appendFile(join(dir, 'g.log'), 'two\n');
  await source.until(['one', 'two']);
  assert.equal(source.fleeting.length, 1);
});

test('finishes a file though the disk fails at another', async () => {
  const dir = await directory();
  const broken = { path: '' };
  for (const name of ['a.log', 'b.log']) await writeFile(join(dir, name), `${name}\nunfinished`);
  await using source = await Collector.open(dir, { rotateWaitMs: 300, host: faulty(broken) });
  await source.untilSet(['a.log', 'b.log']);
  for (const name of ['a.log', 'b.log']) await rename(join(dir, name), join(dir, `${name}.1`));
  await until(
    'both have left',
    () => source.said.filter((one) => one.includes('leads elsewhere')).length === 2,
  );
  broken.path = join(dir, 'a.log');
  await source.until([...source.lines.slice(0, 2), 'unfinished']);
  broken.path = '';
  await source.until([...source.lines.slice(0, 2), 'unfinished', 'unfinished']);
});

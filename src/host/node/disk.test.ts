import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { diskCode, printablePath } from '../disk.ts';
import { readFile, writeFile } from '../files.ts';
import { nodeDisk } from './disk.ts';
import { nativePath, pathFromBytes } from './path-bytes.ts';

const disk = nodeDisk();

function someDirectory(): string {
  return fs.mkdtempSync(join(tmpdir(), 'almadia-disk-'));
}

async function codeOf(work: Promise<unknown>): Promise<string | null> {
  return work.then(() => 'none', diskCode);
}

test('every name of bytes goes round through a string', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const native = nativePath(pathFromBytes(Buffer.from(bytes)));
      assert.deepEqual(Buffer.from(native), Buffer.from(bytes));
    }),
  );
  assert.equal(pathFromBytes(Buffer.from('año/😀')), 'año/😀');
});

test('a file whose name is not UTF-8 is listed, opened, renamed and removed', async () => {
  const directory = someDirectory();
  fs.writeFileSync(
    Buffer.concat([Buffer.from(`${directory}/a`), Buffer.of(0xe9), Buffer.from('.log')]),
    'text',
  );
  const [entry] = await disk.list(directory);
  assert.equal(entry?.kind, 'file');
  assert.equal(printablePath(entry?.name ?? ''), 'a\\xe9.log');
  const path = join(directory, entry!.name);
  assert.equal(String(await readFile(disk, path, 100)), 'text');
  assert.equal((await disk.stat(path)).size, 4);
  assert.equal(await disk.realPath(path), path);
  await disk.rename(path, `${path}\udcff`);
  assert.equal(await codeOf(disk.stat(path)), 'ENOENT');
  await disk.unlink(`${path}\udcff`);
  assert.deepEqual(await disk.list(directory), []);
});

test('a name with a NUL byte is an error, not an exception', async () => {
  assert.equal(await codeOf(disk.stat('/tmp/\0')), 'EINVAL');
});

test('opening a FIFO that nobody writes to does not block', async () => {
  const path = join(someDirectory(), 'fifo');
  execFileSync('mkfifo', [path]);
  assert.equal((await disk.stat(path)).kind, 'fifo');
  const handle = await disk.open(path, 'read');
  assert.equal((await handle.stat()).kind, 'fifo');
  await handle.close();
});

test('reads at positions, also past the end', async () => {
  const path = join(someDirectory(), 'file');
  fs.writeFileSync(path, 'abcdef');
  const handle = await disk.open(path, 'read');
  const target = new Uint8Array(8);
  assert.equal(await handle.read(target, { offset: 1, length: 3, position: 2 }), 3);
  assert.equal(Buffer.from(target.subarray(0, 5)).toString('latin1'), '\0cde\0');
  assert.equal(await handle.read(target, { offset: 0, length: 8, position: 6 }), 0);
  await handle.close();
});

test('closing waits for what is running, and twice does nothing', async () => {
  const path = join(someDirectory(), 'file');
  fs.writeFileSync(path, 'abcdef');
  const handle = await disk.open(path, 'read');
  const reading = handle.read(new Uint8Array(6), { offset: 0, length: 6, position: 0 });
  const closing = handle.close();
  assert.equal(await reading, 6);
  await closing;
  await handle.close();
  assert.equal(await codeOf(handle.stat()), 'EBADF');
});

test('append goes on at the end; write begins anew; both with the permissions asked for', async () => {
  const path = join(someDirectory(), 'file');
  for (const text of ['one', 'two']) {
    const handle = await disk.open(path, 'append', 0o600);
    await handle.write(Buffer.from(text));
    await handle.close();
  }
  assert.equal(fs.readFileSync(path, 'utf8'), 'onetwo');
  assert.equal((await disk.stat(path)).permissions, 0o600);
  await writeFile(disk, path, { bytes: Buffer.from('new'), permissions: 0o640 });
  assert.equal(fs.readFileSync(path, 'utf8'), 'new');
  assert.equal((await disk.stat(path)).permissions, 0o640);
});

test('numbers of a file are whole, and a birth time does not move when the file grows', async () => {
  const path = join(someDirectory(), 'file');
  fs.writeFileSync(path, 'a');
  const before = await disk.stat(path);
  fs.chmodSync(path, 0o600);
  fs.appendFileSync(path, 'b');
  const after = await disk.stat(path);
  assert.equal(typeof before.inode, 'bigint');
  assert.equal(after.inode, before.inode);
  assert.equal(after.birthTimeNs, before.birthTimeNs);
  // Changed since it was made: what equals the time of the change is not the birth.
  const { birthtimeNs, ctimeNs } = fs.statSync(path, { bigint: true });
  assert.equal(after.birthTimeNs, birthtimeNs > 0n && birthtimeNs !== ctimeNs ? birthtimeNs : null);
  assert.equal(after.size, 2);
});

test('directories are made with their parents, and left as they are when there', async () => {
  const path = join(someDirectory(), 'a/b');
  await disk.makeDirectory(path, 0o700);
  assert.equal((await disk.stat(path)).permissions, 0o700);
  await disk.setPermissions(path, 0o750);
  await disk.makeDirectory(path, 0o700);
  assert.equal((await disk.stat(path)).permissions, 0o750);
  await disk.syncDirectory(path);
});

test('a directory that takes no entries, or a file in the way, is an error', {
  timeout: 10_000,
}, async () => {
  const file = join(someDirectory(), 'file');
  fs.writeFileSync(file, '');
  assert.equal(await codeOf(disk.makeDirectory('/proc/almadia/state', 0o700)), 'ENOENT');
  assert.equal(await codeOf(disk.makeDirectory(file, 0o700)), 'EEXIST');
  assert.equal(await codeOf(disk.makeDirectory(`${file}/state`, 0o700)), 'ENOTDIR');
});

test('a watch tells the name of a file that changed', async () => {
  const directory = someDirectory();
  const names = new Set<string | null>();
  const seen = new EventTarget();
  const watch = await disk.watch(directory, (name) => {
    names.add(name);
    seen.dispatchEvent(new Event('change'));
  });
  const path = Buffer.concat([Buffer.from(`${directory}/x`), Buffer.of(0xff)]);
  const told = new Promise<void>((resolve) => {
    seen.addEventListener('change', () => names.has('x\udcff') && resolve());
  });
  fs.writeFileSync(path, 'a');
  await told;
  watch.close();
});

test('a watch tells new content from new names', async () => {
  const directory = someDirectory();
  const path = join(directory, 'a');
  fs.writeFileSync(path, 'one');
  const seen: string[] = [];
  const told = new EventTarget();
  const watch = await disk.watch(directory, (name, what) => {
    seen.push(`${name} ${what}`);
    told.dispatchEvent(new Event(`${name} ${what}`));
  });
  const content = once(told, 'a content');
  fs.appendFileSync(path, 'two');
  await content;
  assert.ok(!seen.includes('a name'));
  const name = once(told, 'b name');
  fs.renameSync(path, join(directory, 'b'));
  await name;
  assert.ok(seen.includes('a name'));
  watch.close();
});

test('a file in a directory on this machine is looked at as any other', async () => {
  const directory = someDirectory();
  const near = nodeDisk();
  assert.equal((await near.volume(directory)).remote, false);
  const path = join(directory, 'file');
  fs.writeFileSync(path, 'text');
  fs.symlinkSync(path, join(directory, 'link'));
  fs.symlinkSync('nowhere', join(directory, 'broken'));
  for (const name of ['file', 'link'])
    assert.deepEqual(await near.stat(join(directory, name)), await disk.stat(path));
  assert.deepEqual(near.glance(path), await disk.stat(path));
  // A link may lead to another machine; what is not there is for `stat` to tell.
  for (const name of ['link', 'none']) assert.equal(near.glance(join(directory, name)), null);
  assert.equal(disk.glance(path), null);
  assert.equal(await codeOf(near.stat(join(directory, 'none'))), 'ENOENT');
  assert.equal(await codeOf(near.stat(join(directory, 'broken'))), 'ENOENT');
  assert.equal(await codeOf(near.open(join(directory, 'none'), 'read')), 'ENOENT');
  const handle = await near.open(path, 'read');
  assert.equal((await handle.stat()).size, 4);
  fs.unlinkSync(path);
  assert.equal((await handle.stat()).links, 0);
  await handle.close();
  await handle.close();
  assert.equal(await codeOf(handle.stat()), 'EBADF');
});

test('the real path of a file follows its directory when that leads elsewhere', async () => {
  const directory = fs.realpathSync(someDirectory());
  const near = nodeDisk();
  for (const name of ['one', 'two']) {
    fs.mkdirSync(join(directory, name));
    for (const file of ['a', 'b']) fs.writeFileSync(join(directory, name, file), '');
  }
  const link = join(directory, 'link');
  fs.symlinkSync('one', link);
  await near.volume(link);
  for (const file of ['a', 'b', 'b'])
    assert.equal(await near.realPath(join(link, file)), join(directory, 'one', file));
  fs.unlinkSync(link);
  fs.symlinkSync('two', link);
  for (const file of ['a', 'b', 'b'])
    assert.equal(await near.realPath(join(link, file)), join(directory, 'two', file));
  fs.symlinkSync('a', join(directory, 'two/c'));
  assert.equal(await near.realPath(join(link, 'c')), join(directory, 'two/a'));
});

test('a watched directory that is removed is told as an unknown change', async () => {
  const directory = join(someDirectory(), 'watched');
  fs.mkdirSync(directory);
  const told = new EventTarget();
  const watch = await disk.watch(directory, (name) => {
    if (name === null) told.dispatchEvent(new Event('unknown'));
  });
  const unknown = once(told, 'unknown');
  fs.rmdirSync(directory);
  await unknown;
  watch.close();
});

test('watching what is not there is an error', async () => {
  assert.equal(await codeOf(disk.watch('/nonexistent', () => undefined)), 'ENOENT');
});

test('a volume tells whether a reboot empties it, also for a directory still to be made', async () => {
  const { freeBytes } = await disk.volume(join(someDirectory(), 'not/yet'));
  assert.ok(freeBytes > 0);
  const shm = await disk.volume('/dev/shm');
  assert.equal(shm.losesDataAtReboot, true);
  assert.equal((await disk.volume('/proc')).type, 'proc');
});

test('tells what may be read', async () => {
  const path = join(someDirectory(), 'file');
  fs.writeFileSync(path, 'a');
  assert.equal(await disk.allows(path, 'read'), true);
  assert.equal(await disk.allows(`${path}.none`, 'read'), false);
});

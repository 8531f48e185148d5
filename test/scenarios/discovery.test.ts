/** Finding files: new ones, many, oddly named, unreadable, and what is no file at all. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { appendFile, chmod, mkdir, open, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHost } from '../../src/host/node/host.ts';
import { asFile, Journey, numbered } from '../support/journey.ts';

test('DIS-01: finds a file made after the start, and names it', async () => {
  await using journey = await Journey.start();
  const path = journey.path('later.log');
  await writeFile(path, 'one\ntwo\n');
  await journey.untilCount(2);
  await appendFile(path, 'three\n');
  const stored = await journey.exactly(['one', 'two', 'three']);
  assert.deepEqual(
    stored.map((line) => [line.path, line.source, line.text]),
    ['one', 'two', 'three'].map((text) => [path, 'later.log', text]),
  );
});

test('DIS-03: starting at the end, files made after the start are read from their beginning', async () => {
  await using journey = await Journey.open({ source: { startAt: 'end' } });
  await writeFile(journey.path('old.log'), 'old\n');
  await journey.startAgent();
  await writeFile(journey.path('new.log'), 'new\n');
  await journey.exactly(['new']);
  assert.equal(journey.status.totals.skippedBytes, 4);
});

test('DIS-03: so are files made while the agent was stopped', async () => {
  await using journey = await Journey.open({ source: { startAt: 'end' } });
  await writeFile(journey.path('old.log'), 'old\n');
  await journey.startAgent();
  await journey.stopAgent();
  await writeFile(journey.path('new.log'), 'new\n');
  await journey.startAgent();
  await journey.exactly(['new']);
});

test('DIS-05: of ten old and ten new files only the new lines arrive', async () => {
  await using journey = await Journey.open({ source: { startAt: 'end', openFilesMax: 2 } });
  for (const name of numbered('old', 10)) writeFileSync(journey.path(`${name}.log`), `${name}\n`);
  await journey.startAgent();
  for (const name of numbered('new', 10))
    writeFileSync(journey.path(`${name}.log`), `${name} a\n${name} b\n`);
  await journey.exactly(numbered('new', 10).flatMap((name) => [`${name} a`, `${name} b`]));
});

test('DIS-06: two files with one descriptor give all their lines', async () => {
  await using journey = await Journey.start({ source: { openFilesMax: 1 } });
  for (const round of [1, 2]) {
    for (const name of ['a', 'b']) appendFileSync(journey.path(`${name}.log`), `${name}${round}\n`);
    await journey.untilCount(round * 2);
  }
  await journey.exactly(['a1', 'b1', 'a2', 'b2']);
});

test('DIS-08: two files with the same beginning give all their lines each', async () => {
  await using journey = await Journey.start({ source: { copyWaitMs: 60_000 } });
  await writeFile(journey.path('a.log'), 'same\n');
  await journey.untilCount(1);
  await writeFile(journey.path('b.log'), 'same\n');
  await appendFile(journey.path('a.log'), 'only a\n');
  await appendFile(journey.path('b.log'), 'only b\n');
  await journey.exactly(['same', 'same', 'only a', 'only b']);
});

test('DIS-08: two files that stay the same are both read once the time for copies is over', async () => {
  await using journey = await Journey.start({ source: { copyWaitMs: 100 } });
  await writeFile(journey.path('a.log'), 'same\n');
  await journey.untilCount(1);
  await writeFile(journey.path('b.log'), 'same\n');
  await journey.exactly(['same', 'same']);
});

test('DIS-10: files with the same header are not taken for one another', async () => {
  await using journey = await Journey.open();
  await writeFile(journey.path('a.log'), '# header\nfrom a\n');
  await writeFile(journey.path('b.log'), '# header\nfrom b\n');
  await journey.startAgent();
  await journey.exactly(['# header', 'from a', '# header', 'from b']);
});

test('DIS-13: a file that was quiet for long goes on where it stood', async () => {
  await using journey = await Journey.open();
  const path = journey.path('a.log');
  await writeFile(path, 'old\n');
  await using file = {
    handle: await open(path, 'r+'),
    [Symbol.asyncDispose]: async () => file.handle.close(),
  };
  await file.handle.utimes(new Date('2001-01-01'), new Date('2001-01-01'));
  await journey.startAgent();
  await journey.untilCount(1);
  await appendFile(path, 'new\n');
  await journey.exactly(['old', 'new']);
});

test('DIS-15: names with spaces, other scripts, line feeds, 255 bytes and invalid UTF-8', async () => {
  await using journey = await Journey.start();
  const names: readonly (readonly [Buffer, string])[] = [
    [Buffer.from('a b.log'), 'a b.log'],
    [Buffer.from('комма,.log'), 'комма,.log'],
    [Buffer.from('日本.log'), '日本.log'],
    [Buffer.from('line\nfeed.log'), 'line\\x0afeed.log'],
    [Buffer.from('tab\tand\x1b[31mred.log'), 'tab\\x09and\\x1b[31mred.log'],
    [Buffer.from('back\\slash.log'), 'back\\\\slash.log'],
    [Buffer.from(`${'n'.repeat(251)}.log`), `${'n'.repeat(251)}.log`],
    [Buffer.concat([Buffer.from('bad-'), Buffer.of(0xff, 0xc3), Buffer.from('.log')]), 'bad-\\xff\\xc3.log'],
    [Buffer.from('[glob]*{a,b}?.log'), '[glob]*{a,b}?.log'],
    [Buffer.from('emoji-🙂.log'), 'emoji-🙂.log'],
  ];
  const directory = Buffer.from(`${journey.directory}/`);
  for (const [index, [name]] of names.entries())
    writeFileSync(Buffer.concat([directory, name]), `${index}\n`);
  await journey.untilCount(names.length);
  for (const [index, [name]] of names.entries())
    appendFileSync(Buffer.concat([directory, name]), `${index} more\n`);
  const stored = await journey.exactly(names.flatMap((_, index) => [`${index}`, `${index} more`]));
  for (const [index, [, shown]] of names.entries()) {
    const lines = stored.filter((line) => line.text.split(' ')[0] === String(index));
    assert.deepEqual(
      lines.map((line) => line.path),
      [join(journey.directory, shown), join(journey.directory, shown)],
    );
  }
});

test('DIS-16: a file that was closed for being quiet gives what is appended', async () => {
  await using journey = await Journey.start({ source: { openFilesMax: 8 } });
  const lines = numbered('line', 50);
  await writeFile(journey.path('a.log'), asFile(lines));
  await journey.untilCount(50);
  for (const name of numbered('other', 30)) writeFileSync(journey.path(`${name}.log`), `${name}\n`);
  await journey.untilCount(80);
  const late = numbered('late', 5);
  for (const line of late) appendFileSync(journey.path('a.log'), `${line}\n`);
  await journey.exactly([...lines, ...numbered('other', 30), ...late]);
});

test('DIS-18: directories a hundred deep, and links that lead in a circle', async () => {
  await using journey = await Journey.start();
  const deep = journey.path(Array.from({ length: 100 }, () => 'd').join('/'));
  mkdirSync(deep, { recursive: true });
  symlinkSync(journey.directory, journey.path('d/loop'));
  symlinkSync('.', journey.path('d/self'));
  writeFileSync(`${deep}/deep.log`, 'deep\n');
  writeFileSync(journey.path('d/near.log'), 'near\n');
  await journey.exactly(['deep', 'near']);
});

test('DIS-20: FIFOs, sockets, devices and directories are passed over with a reason', async () => {
  await using journey = await Journey.open();
  execFileSync('mkfifo', [journey.path('pipe.log')]);
  await symlink('/dev/zero', journey.path('zero.log'));
  await symlink('/proc/self/status', journey.path('proc.log'));
  await mkdir(journey.path('directory.log'));
  await symlink('/nowhere', journey.path('dangling.log'));
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(journey.path('socket.log'), resolve));
  await writeFile(journey.path('a.log'), 'one\n');
  await writeFile(journey.path('directory.log/inside.log'), 'inside\n');
  await journey.startAgent();
  await journey.exactly(['one', 'inside']);
  for (const [name, kind] of [
    ['pipe', 'fifo'],
    ['zero', 'device'],
    ['socket', 'socket'],
  ]) {
    const said = journey.said.filter((line) => line.includes(`${name}.log is a ${kind}, not a file`));
    assert.ok(said.length >= 1 && said.length <= 2, `${name}: said once by each run`);
  }
  await new Promise((resolve) => socket.close(resolve));
});

test('DIS-11: a directory that cannot be entered is not taken for a deleted one', async () => {
  // The superuser may enter everything, so the refusal comes from the machine that the agent is given.
  const host = createHost();
  let locked = false;
  const refuse = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
    if (!locked || !path.includes('/app')) return await work();
    return await host.disk.open('/proc/1/mem/none', 'read').then(
      () => work(),
      (error: { code: string }) => Promise.reject(Object.assign(error, { code: 'EACCES' })),
    );
  };
  const disk: typeof host.disk = {
    ...host.disk,
    stat: (path) => refuse(path, () => host.disk.stat(path)),
    list: (path) => refuse(path, () => host.disk.list(path)),
    open: (path, mode, permissions) => refuse(path, () => host.disk.open(path, mode, permissions)),
  };
  await using journey = await Journey.start({ host: { ...host, disk }, source: { rescanIntervalMs: 50 } });
  const app = journey.path('app');
  await mkdir(app);
  await writeFile(`${app}/a.log`, 'one\n');
  await journey.untilCount(1);
  await journey.stopAgent();
  locked = true;
  await chmod(app, 0o700);
  await journey.startAgent();
  await journey.mark();
  assert.equal(journey.status.streams.find((one) => one.path === `${app}/a.log`)?.status, 'followed');
  await appendFile(`${app}/a.log`, 'two\n');
  locked = false;
  await journey.exactly(['one', 'two']);
  assert.equal(journey.status.totals.gapBytes, 0);
});

test('DIS-18: thousands of files with few descriptors, one line each and one more', async () => {
  await using journey = await Journey.open({
    source: { openFilesMax: 100, rescanIntervalMs: 5000 },
    batch: { intervalMs: 500 },
  });
  const count = Number(process.env.ALMADIA_TEST_FILES ?? 1500);
  const paths = Array.from({ length: count }, (_, index) => journey.path(`${index % 10}/${index}.log`));
  for (let index = 0; index < 10; index += 1) mkdirSync(journey.path(String(index)));
  for (const path of paths) writeFileSync(path, `${path} one\n`);
  await journey.startAgent();
  await journey.untilCount(count);
  for (const path of paths) appendFileSync(path, `${path} two\n`);
  await journey.untilCount(2 * count);
  const stored = await journey.stored();
  assert.equal(stored.length, 2 * count);
  assert.equal(new Set(stored.map((line) => line.text)).size, 2 * count);
  const descriptors = Number(execFileSync('sh', ['-c', `ls /proc/${process.pid}/fd | wc -l`]).toString());
  assert.ok(descriptors < 250, `${descriptors} descriptors are open`);
});

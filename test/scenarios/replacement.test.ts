/** What a path leads to becomes something else: links, directories, files that editors write anew, patterns that change. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { asFile, Journey, numbered } from '../support/journey.ts';

test('an editor that writes the file anew: its content is read again, since its lines may be new ones', async () => {
  await using journey = await Journey.start({ source: { copyWaitMs: 50, rotateWaitMs: 50 } });
  const path = journey.path('a.log');
  writeFileSync(path, 'one\ntwo\n');
  await journey.untilCount(2);
  writeFileSync(journey.path('.a.log.swp'), 'one\ntwo\nthree\n');
  renameSync(journey.path('.a.log.swp'), path);
  await journey.exactly(['one', 'two', 'one', 'two', 'three']);
});

test('two hard links are one file, whichever of them is removed', async () => {
  await using journey = await Journey.open();
  const [a, b] = [journey.path('a.log'), journey.path('b.log')];
  writeFileSync(a, 'one\n');
  linkSync(a, b);
  await journey.startAgent();
  await journey.untilCount(1);
  appendFileSync(b, 'two\n');
  await journey.untilCount(2);
  unlinkSync(a);
  await journey.mark();
  appendFileSync(b, 'three\n');
  await journey.exactly(['one', 'two', 'three']);
});

test('a file and a link to it, both wanted, are one file', async () => {
  await using journey = await Journey.open();
  writeFileSync(journey.path('a.log'), 'one\n');
  symlinkSync('a.log', journey.path('b.log'));
  await journey.startAgent();
  await journey.untilCount(1);
  appendFileSync(journey.path('a.log'), 'two\n');
  await journey.exactly(['one', 'two']);
});

test('a linked directory is looked into, and when the link leads to another one both are read', async () => {
  await using journey = await Journey.open({ source: { include: ['LOGS/current/*.log'] } });
  for (const version of ['v1', 'v2']) mkdirSync(journey.path(version));
  writeFileSync(journey.path('v1/a.log'), 'v1-1\n');
  symlinkSync('v1', journey.path('current'));
  await journey.startAgent();
  await journey.untilCount(1);
  writeFileSync(journey.path('v2/a.log'), 'v2-1\n');
  symlinkSync('v2', journey.path('next'));
  renameSync(journey.path('next'), journey.path('current'));
  appendFileSync(journey.path('v1/a.log'), 'v1-2\n');
  await journey.untilCount(3);
  appendFileSync(journey.path('v2/a.log'), 'v2-2\n');
  await journey.exactly(['v1-1', 'v1-2', 'v2-1', 'v2-2']);
});

test('a file becomes a directory and a file again', async () => {
  await using journey = await Journey.start();
  const path = journey.path('a.log');
  writeFileSync(path, 'one\n');
  await journey.untilCount(1);
  unlinkSync(path);
  mkdirSync(path);
  writeFileSync(`${path}/b.log`, 'two\n');
  await journey.untilCount(2);
  rmSync(path, { recursive: true });
  writeFileSync(path, 'three\n');
  await journey.exactly(['one', 'two', 'three']);
});

test('a FIFO gives way to a file', async () => {
  await using journey = await Journey.open();
  const path = journey.path('a.log');
  execFileSync('mkfifo', [path]);
  await journey.startAgent();
  await journey.untilSaid(/a\.log is a fifo, not a file/);
  unlinkSync(path);
  writeFileSync(path, 'one\n');
  await journey.exactly(['one']);
});

for (const directory of ['', 'app/']) {
  test(`a directory (logs/${directory}) that is removed and made again is followed as before`, async () => {
    await using journey = await Journey.open({ source: { include: [`LOGS/${directory}*.log`] } });
    const path = journey.path(`${directory}a.log`);
    mkdirSync(journey.path(directory), { recursive: true });
    writeFileSync(path, 'one\n');
    await journey.startAgent();
    await journey.untilCount(1);
    rmSync(journey.path(directory), { recursive: true });
    await journey.untilSaid(/file\.ended .*a\.log/);
    mkdirSync(journey.path(directory), { recursive: true });
    writeFileSync(path, 'two\n');
    await journey.untilCount(2);
    appendFileSync(path, 'three\n');
    await journey.exactly(['one', 'two', 'three']);
  });
}

test('directories of a pattern that are made later are found', async () => {
  await using journey = await Journey.start({ source: { include: ['LOGS/x/y/**/*.log'] } });
  mkdirSync(journey.path('x/y/z'), { recursive: true });
  writeFileSync(journey.path('x/y/z/a.log'), 'one\n');
  await journey.exactly(['one']);
});

test('a pattern leaves a file out and takes it in again: it goes on where it stood', async () => {
  await using journey = await Journey.open({ source: { include: ['LOGS/*.log'] } });
  const path = journey.path('a.log');
  writeFileSync(path, 'one\n');
  await journey.startAgent();
  await journey.untilCount(1);
  await journey.stopAgent();
  const others = {
    source: { include: [`${journey.directory}/*.txt`, `${journey.directory}/almadia-*.log`] },
  };
  writeFileSync(journey.path('b.txt'), 'text\n');
  appendFileSync(path, 'two\n');
  await journey.startAgent(others);
  await journey.mark();
  await journey.stopAgent();
  appendFileSync(path, 'three\n');
  await journey.startAgent();
  await journey.exactly(['one', 'text', 'two', 'three']);
});

test('a file that is moved away and back goes on where it stood', async () => {
  await using journey = await Journey.start({ source: { rotateWaitMs: 50 } });
  const path = journey.path('a.log');
  const away = `${journey.home}/away`;
  writeFileSync(path, 'one\n');
  await journey.untilCount(1);
  renameSync(path, away);
  await journey.untilSaid(/file\.ended .*a\.log/);
  appendFileSync(away, 'two\n');
  renameSync(away, path);
  await journey.exactly(['one', 'two']);
});

test('rotated twice while the agent was stopped: every generation beside the pattern is read', async () => {
  await using journey = await Journey.start({ source: { include: ['LOGS/a.log'] } });
  const path = journey.path('a.log');
  writeFileSync(path, '1\n');
  await journey.untilCount(1);
  await journey.stopAgent();
  appendFileSync(path, '2\n');
  renameSync(path, `${path}.2`);
  writeFileSync(`${path}.1`, '3\n');
  writeFileSync(path, '4\n');
  await journey.startAgent();
  await journey.exactly(['1', '2', '3', '4']);
});

test('an unfinished last line is completed while the agent is killed and started', async () => {
  await using journey = await Journey.start();
  const path = journey.path('a.log');
  writeFileSync(path, 'one\npart');
  await journey.until('it is seen', () => journey.status.streams.some((one) => one.size === 8));
  await journey.stopAgent(0);
  appendFileSync(path, 'ial\ntwo\n');
  await journey.startAgent();
  await journey.exactly(['one', 'partial', 'two']);
});

test('an unfinished last line of a file that is removed is sent', async () => {
  await using journey = await Journey.start();
  const path = journey.path('a.log');
  writeFileSync(path, 'one\nlast');
  await journey.until('it is seen', () => journey.status.streams.some((one) => one.size === 8));
  unlinkSync(path);
  await journey.exactly(['one', 'last']);
});

test('a CR and its LF come in two appends, and a CR alone is no line end', async () => {
  await using journey = await Journey.start();
  const path = journey.path('a.log');
  for (const part of ['one\r', '\ntwo\rmore\r\n\r', '\n\r\r\n']) {
    appendFileSync(path, part);
    await journey.mark();
  }
  await journey.exactly(['one', 'two\rmore', '', '\r']);
});

test('empty files, files of line ends alone, and a mark of UTF-8 at the beginning', async () => {
  await using journey = await Journey.open();
  writeFileSync(journey.path('empty.log'), '');
  writeFileSync(journey.path('ends.log'), '\n\n');
  writeFileSync(journey.path('mark.log'), '\ufefffirst\n');
  await journey.startAgent();
  await journey.untilCount(3);
  appendFileSync(journey.path('empty.log'), 'later\n');
  await journey.exactly(['', '', '\ufefffirst', 'later']);
});

test('a hundred appends without a pause, and a line of ten MiB among them', async () => {
  await using journey = await Journey.start();
  const path = journey.path('a.log');
  const lines = numbered('l'.repeat(100), 10_000);
  for (let at = 0; at < lines.length; at += 100) appendFileSync(path, asFile(lines.slice(at, at + 100)));
  appendFileSync(path, `${'x'.repeat(10 * 1024 * 1024)}\nlast\n`);
  const stored = await journey.exactly([...lines, 'x'.repeat(1024 * 1024), 'last']);
  const cut = stored.filter((line) => line.cut);
  assert.deepEqual(
    cut.map((line) => line.original_bytes),
    [10 * 1024 * 1024 + 1],
  );
});

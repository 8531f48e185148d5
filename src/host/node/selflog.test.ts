import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSelfLog } from './selflog.ts';

function somePath(): string {
  return join(fs.mkdtempSync(join(tmpdir(), 'almadia-log-')), 'agent.log');
}

function listening(): { readonly lines: string[]; readonly writeError: (text: string) => void } {
  const lines: string[] = [];
  return { lines, writeError: (text) => void lines.push(text) };
}

test('writes JSON lines to the file, which is for its owner alone, and goes on where it ended', () => {
  const path = somePath();
  for (const round of [1, 2]) {
    const log = openSelfLog({ path, terminal: false });
    log.write('info', 'file.rotated', 'a file was rotated', { path: '/a', round });
    log.write('debug', 'file.polled', 'left out');
    log.close();
  }
  const lines = fs.readFileSync(path, 'utf8').trimEnd().split('\n');
  const [, second] = lines.map((line) => JSON.parse(line));
  assert.equal(lines.length, 2);
  assert.match(second.time, /Z$/);
  assert.deepEqual(
    { ...second, time: '' },
    {
      ...{ time: '', level: 'info', event: 'file.rotated', message: 'a file was rotated' },
      ...{ path: '/a', round: 2 },
    },
  );
  assert.equal(fs.statSync(path).mode & 0o777, 0o600);
});

test('a value cannot replace what every line has', () => {
  const { lines, writeError } = listening();
  openSelfLog({ path: null, terminal: false, writeError }).write('warn', 'a.b', 'm', { level: 'x', time: 0 });
  assert.equal(JSON.parse(lines[0]!).level, 'warn');
});

test('a terminal gets a sentence without anything that could drive it', () => {
  const { lines, writeError } = listening();
  const log = openSelfLog({ path: null, terminal: true, writeError });
  log.write('warn', 'a.b', 'bad \x1b[2J name\nnext', { path: '\x9b2J' });
  assert.match(lines[0]!, /^\d\d:\d\d:\d\d warn {2}bad \?\[2J name\?next path=\?2J\n$/);
});

test('a full file makes room: five older ones are kept', () => {
  const path = somePath();
  for (const number of [1, 2, 3, 4, 5]) fs.writeFileSync(`${path}.${number}`, String(number));
  fs.writeFileSync(path, Buffer.alloc(10 * 1024 * 1024 - 10));
  const log = openSelfLog({ path, terminal: false });
  log.write('info', 'a.b', 'the first of a new file');
  log.close();
  assert.match(fs.readFileSync(path, 'utf8'), /^\{.*the first of a new file.*\}\n$/);
  assert.equal(fs.statSync(`${path}.1`).size, 10 * 1024 * 1024 - 10);
  assert.deepEqual(
    [2, 3, 4, 5].map((number) => fs.readFileSync(`${path}.${number}`, 'utf8')),
    ['1', '2', '3', '4'],
  );
  assert.equal(fs.existsSync(`${path}.6`), false);
});

test('a line that the file does not take goes to standard error, and the next one tries again', () => {
  const path = somePath();
  const { lines, writeError } = listening();
  fs.writeFileSync(path, Buffer.alloc(10 * 1024 * 1024));
  fs.writeFileSync(`${path}.4`, '');
  fs.mkdirSync(`${path}.5`);
  const log = openSelfLog({ path, terminal: false, writeError });
  log.write('info', 'a.b', 'first');
  assert.match(lines[0]!, /^EISDIR.*first/);
  fs.rmdirSync(`${path}.5`);
  log.write('info', 'a.b', 'second');
  log.close();
  assert.equal(lines.length, 1);
  assert.match(fs.readFileSync(path, 'utf8'), /second/);
});

test('a line that says too much is cut', () => {
  const { lines, writeError } = listening();
  openSelfLog({ path: null, terminal: false, writeError }).write('info', 'a.b', 'm', {
    text: 'x'.repeat(99_999),
  });
  assert.equal(JSON.parse(lines[0]!).cut, true);
});

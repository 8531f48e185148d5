import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeDatabases } from '../host/node/database.ts';
import { readIlaSocBuffer, readSyncLogsState } from './takeover.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('STA-10: reads the position and the pending batches of a sync-logs state', () => {
  const text = JSON.stringify({
    last_position: 1234,
    pending_batches: [
      { id: 'a', data: ['one', 'dos ñ'], timestamp: 1700000000, retry_count: 2 },
      { id: 'b', data: [], timestamp: null },
    ],
  });
  const taken = readSyncLogsState(bytes(text));
  assert.ok(taken.kind === 'read');
  assert.equal(taken.value.position, 1234);
  assert.deepEqual(
    taken.value.pending.map(({ lines, readAtMs }) => [lines.map(String).length, readAtMs]),
    [
      [2, 1700000000000],
      [0, null],
    ],
  );
  assert.equal(Buffer.from(taken.value.pending[0]!.lines[1]!).toString(), 'dos ñ');
});

test('takes the low 64 bits of a position that carries decoder state', () => {
  const cookie = (1n << 64n) * 7n + 987654321n;
  const taken = readSyncLogsState(bytes(`{"last_position": ${cookie}, "pending_batches": []}`));
  assert.ok(taken.kind === 'read');
  assert.equal(taken.value.position, 987654321);
});

test('is not misled by a pending line that names a position', () => {
  const text = `{"pending_batches": [{"data": ["{\\"last_position\\": 5}"]}], "last_position": 77}`;
  const taken = readSyncLogsState(bytes(text));
  assert.ok(taken.kind === 'read');
  assert.equal(taken.value.position, 77);
});

test('gives back the bytes that Python kept as lone surrogates', () => {
  const taken = readSyncLogsState(
    bytes('{"last_position": 0, "pending_batches": [{"data": ["a\\udcff\\udc80z"]}]}'),
  );
  assert.ok(taken.kind === 'read');
  assert.deepEqual([...taken.value.pending[0]!.lines[0]!], [0x61, 0xff, 0x80, 0x7a]);
});

for (const [name, text] of [
  ['garbage', '\u0000\u0001garbage'],
  ['a list', '[1]'],
  ['another object', '{"a": 1}'],
  ['a fractional position', '{"last_position": 1.5}'],
  ['a negative position', '{"last_position": -1}'],
  ['a position out of reach', `{"last_position": ${2n ** 63n - 1n}}`],
  ['batches that are no list', '{"last_position": 1, "pending_batches": 5}'],
  ['a batch without lines', '{"last_position": 1, "pending_batches": [{"id": "x"}]}'],
] as const) {
  test(`says that ${name} is no sync-logs state`, () => {
    assert.equal(readSyncLogsState(bytes(text)).kind, 'unreadable');
  });
}

function inDirectory(work: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'takeover-'));
  try {
    work(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('STA-10: reads the rows of an ila-soc buffer oldest first', () => {
  inDirectory((directory) => {
    const path = join(directory, 'log_buffer.db');
    const database = nodeDatabases().open(path);
    database.exec(
      'CREATE TABLE log_buffer(id INTEGER PRIMARY KEY AUTOINCREMENT, log_text TEXT, source TEXT, timestamp TEXT, created_at REAL)',
    );
    const insert = 'INSERT INTO log_buffer(log_text, source, timestamp, created_at) VALUES (?, ?, ?, ?)';
    database.transaction('normal', () => {
      for (let index = 0; index < 2500; index += 1) {
        database.run(insert, `line ${index}`, 'syslog', '2025-11-29T10:00:00', 5000 - index);
      }
    });
    database.close();
    const taken = readIlaSocBuffer(nodeDatabases(), path);
    assert.ok(taken.kind === 'read');
    assert.equal(taken.value.rows, 2500);
    const lines = [...taken.value.pages()].flat().map((row) => Buffer.from(row.line).toString());
    taken.value.close();
    assert.equal(lines.length, 2500);
    assert.deepEqual([lines[0], lines.at(-1)], ['line 2499', 'line 0']);
  });
});

test('says that a file is no ila-soc buffer', () => {
  inDirectory((directory) => {
    const garbage = join(directory, 'garbage.db');
    writeFileSync(garbage, 'this is no database at all, but a text that is long enough to be looked at');
    assert.equal(readIlaSocBuffer(nodeDatabases(), garbage).kind, 'unreadable');
    const other = join(directory, 'other.db');
    const database = nodeDatabases().open(other);
    database.exec('CREATE TABLE log_buffer(id INTEGER PRIMARY KEY, log_text TEXT)');
    database.close();
    const taken = readIlaSocBuffer(nodeDatabases(), other);
    assert.ok(taken.kind === 'unreadable' && /source, timestamp, created_at/.test(taken.cause));
  });
});

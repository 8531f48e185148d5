import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeProcess } from './process.ts';

test('tells who and where it is', () => {
  const told = nodeProcess();
  assert.equal(told.pid, process.pid);
  assert.equal(told.userId, process.geteuid?.() ?? null);
  assert.notEqual(told.userName, '');
  assert.notEqual(told.osVersion, '');
  assert.match(told.osType, /^(Linux|Darwin|Windows)$/);
  assert.ok(told.openFilesMax >= 256);
  assert.ok(told.residentBytes() > 1024 * 1024);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasTooManyValues, jsonValuesMax } from './json-values.ts';
import { decodeLogs } from './sync-logs.ts';

const over = jsonValuesMax + 1;

test('a body that would become too many values is refused before it is parsed', () => {
  for (const text of ['['.repeat(over), '{"a":'.repeat(over), `{"logs":[${'[],'.repeat(over)}[]]}`]) {
    const decoded = decodeLogs(Buffer.from(text));
    assert.equal(decoded.kind === 'refused' && decoded.status, 413);
  }
});

test('what stands inside of strings counts for nothing', () => {
  const line = JSON.stringify(`${',[{'.repeat(over)}"\\`);
  const decoded = decodeLogs(Buffer.from(`{"logs":[${line},${line}],"source":"shop"}`));
  assert.equal(decoded.kind, 'decoded');
});

test('a string without end, or full of escapes, costs one pass', () => {
  assert.equal(hasTooManyValues(Buffer.from(`"${','.repeat(over)}`)), false);
  assert.equal(hasTooManyValues(Buffer.from(`"${'\\"'.repeat(over)},`)), false);
  assert.equal(hasTooManyValues(Buffer.from(`"\\\\"${','.repeat(over)}`)), true);
});

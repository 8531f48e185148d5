/** The design page names a test for each case; the tests must be there. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../../..');

test('every case of the page on tailing has its test', () => {
  const page = readFileSync(join(root, 'docs/design/tailing.md'), 'utf8');
  const named = new Set([...page.matchAll(/\[([A-Z]{3}-\d\d)\]/g)].map((match) => match[1]!));
  assert.ok(named.size > 30);
  const tests = ['test/scenarios', 'test/e2e']
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name)))
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => readFileSync(path, 'utf8'))
    .flatMap((text) => [...text.matchAll(/^ *test\(\s*['`]([^'`]*)/gm)].map((match) => match[1]!));
  const missing = [...named].filter((id) => !tests.some((name) => name.includes(id)));
  assert.deepEqual(missing, []);
});

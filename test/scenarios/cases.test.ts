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

test('every case of the table is where the table says, at the beginning of a test’s name', () => {
  const page = readFileSync(join(root, 'docs/design/tailing.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (`[^`]+`|later: .+?) \| ([A-Z]{3}-\d\d.*) \|$/gm)];
  const cases = rows.flatMap(([, where, ids]) => ids!.split(', ').map((id) => ({ where: where!, id })));
  assert.equal(cases.length, new Set(cases.map(({ id }) => id)).size);
  assert.ok(cases.length >= 93);
  const wrong = cases.filter(({ where, id }) => !where.startsWith('later: ') && !begins(where, id));
  assert.deepEqual(wrong, []);
});

function begins(where: string, id: string): boolean {
  const name = where.slice(1, -1);
  const text = readFileSync(join(root, name.includes('/') ? name : `test/scenarios/${name}`), 'utf8');
  return new RegExp(`test\\(\\s*['\`]([A-Z]{3}-\\d\\d, )*${id}\\b`).test(text);
}

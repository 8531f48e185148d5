/** The pages under docs/ that are made from the code's tables must be those of the code as it is. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { errorTable } from '../src/host/error-table.ts';

const root = resolve(import.meta.dirname, '../..');

test('the generated pages are fresh (`npm run docs` makes them)', () => {
  const options = { cwd: root, encoding: 'utf8' } as const;
  const result = spawnSync(process.execPath, ['scripts/docs.mjs', '--check'], options);
  assert.equal(result.stderr, '');
  assert.equal(result.status, 0);
});

test('both languages of an error name the same values', () => {
  const names = (text: object) =>
    [
      ...new Set(
        [
          ...Object.values(text)
            .join(' ')
            .matchAll(/\{(\w+)\}/g),
        ].map((match) => match[1]),
      ),
    ].sort();
  for (const [code, { en, es }] of Object.entries(errorTable)) {
    assert.deepEqual(names(en), names(es), code);
  }
});

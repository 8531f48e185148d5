/** The pages under docs/ that are made from the code's tables must be those of the code as it is. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { registry } from '../src/cli/registry.ts';
import { errorTable } from '../src/host/error-table.ts';

const root = resolve(import.meta.dirname, '../..');

const pages = [
  ...readdirSync(root).map(String),
  ...readdirSync(join(root, 'docs'), { recursive: true }).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));

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

test('every link between the pages leads somewhere', () => {
  const missing: string[] = [];
  for (const page of pages) {
    for (const [, target] of readFileSync(join(root, page), 'utf8').matchAll(
      /\]\(([^)#\s]+)(?:#[^)]*)?\)/g,
    )) {
      if (/^https?:/.test(target!)) continue;
      if (!existsSync(resolve(root, dirname(page), target!))) missing.push(`${page}: ${target}`);
    }
  }
  assert.deepEqual(missing, []);
});

test('every command that a page names exists, and the readme names every command', () => {
  const names = new Set(Object.keys(registry));
  const text = (page: string) => readFileSync(join(root, page), 'utf8');
  for (const page of pages.filter((name) => !name.includes('decisions/'))) {
    for (const [, name] of text(page).matchAll(/(?:`|\n|sudo |bin\/)almadia ([a-z][a-z-]+)/g)) {
      assert.ok(names.has(name!), `${page}: almadia ${name}`);
    }
  }
  for (const name of names)
    assert.ok(text('README.md').includes(`\`almadia ${name}\``), `the readme lacks ${name}`);
});

test('every test that the threat model names is there', () => {
  const page = readFileSync(join(root, 'SECURITY.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| ') && line.includes('.test.ts`'));
  assert.ok(rows.length >= 20);
  for (const row of rows) {
    for (const part of row.split('|').at(-2)!.split(';')) {
      const [, path, named] = /`([^`]+\.test\.ts)`(.*)/.exec(part)!;
      const text = readFileSync(join(root, path!), 'utf8');
      const words = [...named!.matchAll(/\*([^*]+)\*/g)].flatMap(([, name]) => name!.split('…'));
      const ids = named!.match(/[A-Z]{3}-\d\d/g) ?? [];
      for (const word of [...words, ...ids]) assert.ok(text.includes(word.trim()), `${path}: ${word}`);
    }
  }
});

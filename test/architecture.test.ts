/** The house has layers: a file imports its own folder or a lower layer, never sideways, never up. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

const layers: Record<string, number> = {
  event: 0,
  host: 1,
  settings: 1,
  lines: 1,
  protocol: 2,
  query: 2,
  source: 3,
  transform: 3,
  state: 3,
  output: 3,
  store: 3,
  agent: 4,
  hub: 4,
  generator: 4,
  config: 5,
  cli: 6,
  'main.ts': 7,
};

/** Modules of Node that do no I/O, keep no time and draw no randomness; the others belong to host/node. */
const pureModules = new Set(['node:buffer', 'node:path', 'node:path/posix', 'node:util']);

const root = resolve(import.meta.dirname, '../../src');

const files = readdirSync(root, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]!);
}

test('every folder of src has a layer', () => {
  for (const file of files) assert.ok(file.split('/')[0]! in layers, `${file} is in no layer`);
});

test('imports go down, or stay in their own folder', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const folder = file.split('/')[0]!;
    for (const target of importsOf(file).filter((name) => name.startsWith('.'))) {
      const other = relative(root, resolve(root, dirname(file), target)).split('/')[0]!;
      if (other === folder || other === '..') continue;
      if (layers[other]! >= layers[folder]!) wrong.push(`${file} imports ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('only host/node touches the machine, and only the command line chooses it', () => {
  const wrong: string[] = [];
  for (const file of files) {
    for (const target of importsOf(file)) {
      const machine = target.startsWith('node:') && !pureModules.has(target);
      if (machine && !file.startsWith('host/node/')) wrong.push(`${file} imports ${target}`);
      if (target.includes('host/node/') && !/^(cli\/|main\.ts|host\/node\/)/.test(file)) {
        wrong.push(`${file} imports ${target}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('nothing but host/node asks the clock or the dice directly', () => {
  const wrong = files
    .filter((file) => !file.startsWith('host/node/'))
    .filter((file) =>
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bsetTimeout\(|\bsetInterval\(|\bperformance\.now\(/.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    );
  assert.deepEqual(wrong, []);
});

test('there are no default exports and no barrels', () => {
  const wrong = files.filter((file) =>
    /^export default|^export \* from/m.test(readFileSync(join(root, file), 'utf8')),
  );
  assert.deepEqual(wrong, []);
});

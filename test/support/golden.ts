/**
 * For tests: what a command says, held to a file of test/golden. `GOLDEN=write` writes the files anew; look at the
 * difference before it is committed.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '../../../test/golden');

/** `vary` are texts that differ from run to run, with what stands for them in the file. */
export function assertGolden(name: string, found: string, vary: Readonly<Record<string, string>> = {}): void {
  let text = found;
  for (const [from, to] of Object.entries(vary)) text = text.replaceAll(from, to);
  const path = resolve(folder, name);
  if (process.env.GOLDEN === 'write') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  assert.equal(text, readFileSync(path, 'utf8'));
}

// Runs the built tests and closes with one line: `N passed, N failed`.
// Arguments: parts of paths; only files that contain one of them are run.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

const wanted = process.argv.slice(2);
const files = ['dist/src', 'dist/test']
  .flatMap((root) => readdirSync(root, { recursive: true }).map((name) => join(root, name)))
  .filter((name) => name.endsWith('.test.js'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort();

if (files.length === 0) {
  console.error(`no test file has ${wanted.join(' or ')} in its path; is it built?`);
  console.log('0 passed, 1 failed');
  process.exit(1);
}

// Whatever tests leave behind lies in one directory, which goes when they are done. The name is short: paths of
// sockets hold about 100 bytes.
const temporary = mkdtempSync(join(tmpdir(), 'almadia-'));
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }));

const runner = spawn(
  process.execPath,
  ['--enable-source-maps', '--test', `--test-concurrency=${Math.max(2, cpus().length)}`, ...files],
  { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TMPDIR: temporary } },
);
let tail = '';
runner.stdout.on('data', (chunk) => {
  process.stdout.write(chunk);
  tail = (tail + chunk).slice(-4000);
});
runner.on('close', (code) => {
  const count = (name) => Number(tail.match(new RegExp(`^(?:#|ℹ) ${name} (\\d+)`, 'm'))?.[1] ?? 0);
  const failed = count('fail') + count('cancelled');
  const skipped = count('skipped');
  console.log(`${count('pass')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = code === 0 && failed === 0 && count('pass') > 0 ? 0 : 1;
});

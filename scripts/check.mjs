// Types, lint and format. The direction of imports is a test (test/architecture.test.ts).
// Arguments: names of checks to run, else all; `--list` prints the names.
import { spawnSync } from 'node:child_process';

const checks = {
  types: ['npx', 'tsc', '--noEmit', '-p', 'tsconfig.json'],
  'types-of-page': ['npx', 'tsc', '--noEmit', '-p', 'web/tsconfig.json'],
  'lint-and-format': ['npx', 'biome', 'check', '--error-on-warnings', '.'],
};

if (process.argv[2] === '--list') {
  console.log(Object.keys(checks).join('\n'));
} else {
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(checks);
  for (const name of wanted) {
    const [command, ...rest] = checks[name];
    const { status } = spawnSync(command, rest, { stdio: 'inherit' });
    console.log(`${status === 0 ? 'ok' : 'FAILED'}: ${name}`);
    if (status !== 0) process.exitCode = 1;
  }
}

// Types, lint and format. The direction of imports is a test (test/architecture.test.ts).
import { spawnSync } from 'node:child_process';

const checks = [
  ['types', ['npx', 'tsc', '--noEmit', '-p', 'tsconfig.json']],
  ['types of the page', ['npx', 'tsc', '--noEmit', '-p', 'web/tsconfig.json']],
  ['lint and format', ['npx', 'biome', 'check', '--error-on-warnings', '.']],
];
for (const [name, [command, ...rest]] of checks) {
  const result = spawnSync(command, rest, { stdio: 'inherit' });
  console.log(`${result.status === 0 ? 'ok' : 'FAILED'}: ${name}`);
  if (result.status !== 0) process.exitCode = 1;
}

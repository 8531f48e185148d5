// After `npm install` in a checkout: builds what is run. An installation from a package has dist/ and never gets here.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

if (existsSync('node_modules/typescript') && existsSync('node_modules/esbuild')) {
  process.exitCode = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' }).status ?? 1;
} else if (!existsSync('dist/program/main.js')) {
  console.error(
    'almadia is not built, and the compiler is a development dependency: run `npm install` without --omit=dev',
  );
  process.exitCode = 1;
}

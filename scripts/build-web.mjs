// Builds the hub's page into dist/web.

import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { build } from 'esbuild';

mkdirSync('dist/web', { recursive: true });
if (existsSync('web/main.tsx')) {
  await build({
    entryPoints: ['web/main.tsx'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    outfile: 'dist/web/page.js',
    logLevel: 'warning',
  });
  for (const name of ['index.html', 'page.css']) copyFileSync(`web/${name}`, `dist/web/${name}`);
}

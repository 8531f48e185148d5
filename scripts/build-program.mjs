// Packs the program that is run, dist/src and the packages it uses, into few files: dist/program. Beside them lie the
// licences of those packages, and source maps for checkouts.
//
// A command loads what it needs and no more, but in few files: each file costs Node reads, a resolution and
// a link (docs/decisions/0016-bundle.md). So commands are not packed one by one but in the groups below; what two
// groups share becomes a part of its own.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const target = 'dist/program';
const commands = 'dist/src/cli/commands';

/** A command of no group is one of `agent`. */
const groups = { hub: ['hub'], demo: ['demo'] };

/** Loads native code, and only on engines without SQLite of their own. */
const external = ['@photostructure/sqlite'];

/** CommonJS packages ask for Node's own modules by `require`, which an ES module has not. */
const banner = `import { createRequire as requireOf } from 'node:module';
const require = requireOf(import.meta.url);`;

rmSync(target, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: ['dist/src/main.js'],
  outdir: target,
  chunkNames: 'parts/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.11',
  external,
  banner: { js: banner },
  plugins: [grouped()],
  // Not minified: that saves no time, and stacks from other people's machines can be read.
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});
writeFileSync(join(target, 'LICENSES.txt'), licences(Object.keys(metafile.inputs)));

/** Where a description loads its command's work, the group is loaded in which that work is. */
function grouped() {
  const names = readdirSync(commands).flatMap((file) =>
    file.endsWith('.js') ? [basename(file, '.js')] : [],
  );
  const groupOf = (name) => Object.keys(groups).find((group) => groups[group].includes(name)) ?? 'agent';
  const identifier = (name) => name.replaceAll('-', '_');
  return {
    name: 'grouped',
    setup(builder) {
      builder.onResolve({ filter: /^group:/ }, ({ path }) => ({ path: path.slice(6), namespace: 'group' }));
      builder.onLoad({ filter: /./, namespace: 'group' }, ({ path }) => ({
        contents: names
          .filter((name) => groupOf(name) === path)
          .map((name) => `export * as ${identifier(name)} from './${name}.js';`)
          .join('\n'),
        resolveDir: join(commands, '..'),
      }));
      builder.onLoad({ filter: /\/cli\/commands\/[^/]+\.js$/ }, ({ path }) => {
        const contents = readFileSync(path, 'utf8').replace(
          /\(await import\('\.\.\/([^']+)\.js'\)\)/g,
          (_, name) => `(await import('group:${groupOf(name)}')).${identifier(name)}`,
        );
        return { contents };
      });
    },
  };
}

/** The texts of the packages whose code is in the bundle. */
function licences(inputs) {
  const packages = inputs.flatMap((path) => path.match(/^node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []);
  const parts = [...new Set(packages)].sort().map((root) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const file = readdirSync(root).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
    if (file === undefined) throw new Error(`${root} has no text of its licence`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(root, file), 'utf8').trim()}\n`;
  });
  return `The files of this folder contain code of these packages.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

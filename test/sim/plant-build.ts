/** Builds the worker of the simulation with one planted bug in it. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { plants } from './plants.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What has files of its own beside its code. */
const external = ['@photostructure/sqlite', '@sqlite.org/sqlite-wasm'];

/** Gives the path of the worker. Throws when the piece does not stand exactly once in its file. */
export async function buildPlant(name: string): Promise<string> {
  const plant = plants[name];
  if (plant === undefined) throw new Error(`no planted bug is named ${name}`);
  const outfile = join(root, 'dist/plants', `${name.replaceAll(/[^a-z0-9]+/gi, '-')}.mjs`);
  let planted = 0;
  await build({
    entryPoints: [join(root, 'test/sim/worker.ts')],
    outfile,
    external,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.11',
    banner: {
      js: `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);`,
    },
    logLevel: 'error',
    plugins: [
      {
        name: 'plant',
        setup(builder) {
          builder.onResolve({ filter: /\/kernel-code\.js$/ }, () => ({
            path: join(root, 'dist/src/lines/kernel-code.js'),
          }));
          builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
            if (relative(root, path) !== plant.file) return null;
            const parts = readFileSync(path, 'utf8').split(plant.piece);
            if (parts.length !== 2) {
              throw new Error(`${plant.file} has the piece of "${name}" ${parts.length - 1} times`);
            }
            planted += 1;
            return { contents: parts.join(plant.instead), loader: 'ts' };
          });
        },
      },
    ],
  });
  if (planted !== 1) throw new Error(`${plant.file} was not built, so "${name}" is not planted`);
  return outfile;
}

/** Builds the worker of the simulation with one planted bug in it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { plants } from './plants.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What has files of its own beside its code. */
const external = ['@photostructure/sqlite', '@sqlite.org/sqlite-wasm'];

/** The file of a planted bug, with the bug. Throws when its piece does not stand there exactly once. */
export function plantedSources(name: string): { readonly path: string; readonly contents: string } {
  const plant = plants[name];
  if (plant === undefined) throw new Error(`no planted bug is named ${name}`);
  const path = join(root, plant.file);
  const parts = readFileSync(path, 'utf8').split(plant.piece);
  if (parts.length !== 2)
    throw new Error(`${plant.file} has the piece of "${name}" ${parts.length - 1} times`);
  return { path, contents: parts.join(plant.instead) };
}

/** Gives the path of the worker. */
export async function buildPlant(name: string): Promise<string> {
  const plant = plantedSources(name);
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
            if (path !== plant.path) return null;
            planted += 1;
            return { contents: plant.contents, loader: 'ts' };
          });
        },
      },
    ],
  });
  if (planted !== 1) throw new Error(`${plant.path} was not built, so "${name}" is not planted`);
  return outfile;
}

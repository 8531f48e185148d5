// Many followed files: each with one line of its own, that says which file it is, so that none looks like the copy of
// another.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes `count` files below `root`, so many to a directory; returns the pattern that finds them all. */
export function writeManyFiles(root, { count, perDirectory = 100 }) {
  for (let index = 0; index < count; index += 1) {
    const directory = join(root, `d${Math.floor(index / perDirectory)}`);
    if (index % perDirectory === 0) mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `f${index}.log`), `file ${index} of the bench\n`);
  }
  return join(root, '**', '*.log');
}

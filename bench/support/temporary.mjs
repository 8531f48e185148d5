// A directory for the data of one bench, removed however the bench ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is to be done at the exit is also done when a signal ends the program: data is removed, programs are stopped. */
export function exitOnSignals() {
  for (const [signal, status] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
    process.once(signal, () => process.exit(status));
  }
}

/** Gives what `work(directory)` gives. */
export async function withDirectory(work) {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-bench-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    return await work(directory);
  } finally {
    remove();
    process.off('exit', remove);
  }
}

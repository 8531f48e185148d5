/** For tests: the real machine in a directory of its own, with an environment and a place to work in that are made up. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '../../src/host/host.ts';
import { createHost } from '../../src/host/node/host.ts';
import type { Process } from '../../src/host/process.ts';

export interface TestMachine {
  readonly host: Host;
  readonly directory: string;
}

export async function onMachine(
  work: (machine: TestMachine) => Promise<void>,
  process: Partial<Process> = {},
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-'));
  const host = createHost();
  try {
    await work({
      directory,
      host: {
        ...host,
        process: { ...host.process, environment: {}, workingDirectory: directory, ...process },
      },
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

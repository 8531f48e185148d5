// The straightforward Node program, naive-agent.mjs.
import { join } from 'node:path';
import { startProcess } from '../support/processes.mjs';

export const naive = {
  name: 'naive Node agent',
  find: () => ({ version: process.version, settings: 'batches as the agent by default, gzip level 1' }),
  start: ({ directory, file, receiver, gzip }) =>
    startProcess(process.execPath, [
      join(import.meta.dirname, 'naive-agent.mjs'),
      ...[receiver.url, file, join(directory, 'position')],
      ...(gzip ? ['gzip'] : []),
    ]),
};

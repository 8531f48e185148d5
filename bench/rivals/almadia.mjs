// The agent as a user starts it: `bin/almadia run` with a YAML file, its state on the disk, nothing turned off.
// Compression needs a receiver that offers it, which in its protocols is the hub; uncompressed it speaks ila-soc.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess } from '../support/processes.mjs';

/** BENCH_AGENT names another checkout's bin/almadia, to compare two of them. */
const program = process.env.BENCH_AGENT ?? join(import.meta.dirname, '../../bin/almadia');

export const almadia = {
  name: 'almadia',
  find: () => ({
    version: execFileSync(process.execPath, [program, '--version'], { encoding: 'utf8' }).trim(),
    settings: 'defaults, start_at: beginning; output ila-soc, with gzip output hub',
  }),
  protocolFor: ({ gzip, settings }) => (gzip || settings.hub ? 'hub' : 'plain'),
  start: ({ directory, file, receiver, gzip, settings = {} }) => {
    writeConfig(directory, { ...settings, file, url: receiver.url, gzip, hub: gzip || settings.hub });
    return startProcess(process.execPath, [program, 'run', '--config', 'almadia.yaml'], { directory });
  },
};

/** `almadia --version` and the like, to its end. */
export function almadiaCommand(args) {
  return [process.execPath, [program, ...args]];
}

function writeConfig(directory, { file, url, gzip, hub, interval, spoolBytes, retry, key = 'bench' }) {
  const batch = interval === undefined ? [] : [`batch: { interval: ${interval} }`];
  const spool = spoolBytes === undefined ? [] : [`spool: { bytes: ${spoolBytes} }`];
  writeFileSync(
    join(directory, 'almadia.yaml'),
    [
      'agent: { id: bench, state_dir: ./state, log_file: ./agent.log }',
      'sources:',
      `  - { type: file, include: [${JSON.stringify(file)}], start_at: beginning }`,
      `output: { type: ${hub ? 'hub' : 'ila-soc'}, url: ${JSON.stringify(url)}, key: ${key}, gzip: ${gzip ? 'auto' : 'never'} }`,
      ...batch,
      ...spool,
      ...(retry === undefined ? [] : [`retry: { initial: ${retry.initial}, max: ${retry.max} }`]),
      '',
    ].join('\n'),
  );
}

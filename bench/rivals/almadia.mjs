// The agent as a user starts it: `bin/almadia run` with a YAML file, its state on the disk, nothing turned off.
// Compression needs a receiver that offers it, which in its protocols is the hub; uncompressed it speaks ila-soc.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProcess, startProcess } from '../support/processes.mjs';

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

/** The same to a hub that knows blocks: what a user of both has. Compressed as agent and hub like it best. */
export const almadiaBlocks = {
  name: 'almadia to a hub',
  find: () => ({
    ...almadia.find(),
    settings: 'defaults, start_at: beginning; output hub in blocks; compressed with br',
  }),
  protocolFor: () => 'block',
  start: ({ settings, ...given }) => almadia.start({ ...given, settings: { ...settings, hub: true } }),
};

/** `almadia --version` and the like, as arguments of node. */
export function almadiaCommand(args) {
  return [program, ...args];
}

/** `0ms` where the agent takes it, else the least that it took before. */
export async function shortestInterval(directory) {
  writeConfig(directory, { file: '/nowhere.log', url: 'http://127.0.0.1:1', interval: '0ms' });
  const args = almadiaCommand(['config', 'validate', '--config', 'almadia.yaml']);
  const { status } = await runProcess(process.execPath, args, { directory });
  return status === 0 ? '0ms' : '1ms';
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

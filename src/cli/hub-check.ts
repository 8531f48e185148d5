/**
 * `almadia hub check`: whether the store of a stopped hub is whole, from the file's pages up to every stored byte and
 * every link. Reads only; with `--repair` the indexes are made anew before.
 */
import { join, resolve } from 'node:path';
import { absent } from '../host/disk.ts';
import { AlmadiaError } from '../host/errors.ts';
import { silentLog } from '../host/selflog.ts';
import { storeName } from '../hub/hub.ts';
import { fileFaults, rebuildIndexes } from '../store/integrity.ts';
import { openStore } from '../store/sqlite.ts';
import type { ChainAudit, StreamAudit } from '../store/store.ts';
import type { CommandContext } from './command.ts';
import { defaults } from './commands/hub.ts';
import { say } from './messages.ts';
import { plain } from './show.ts';

/** Of what is wrong, so many are named; the rest is the same trouble. */
const namedMax = 100;

export async function check(context: CommandContext): Promise<number> {
  const { host, options, console, language } = context;
  const directory = resolve(host.process.workingDirectory, options.text('data') || defaults.data);
  const path = join(directory, storeName);
  if ((await host.disk.stat(path).catch(absent(null))) === null) {
    throw new AlmadiaError('HUB_ABSENT', { path: directory });
  }
  if (options.flag('repair')) {
    rebuildIndexes(host.databases, path);
    console.out(`${say(language, 'hubIndexesMade')}\n`);
  }
  const faults = fileFaults(host.databases, path);
  const store = openStore(path, { databases: host.databases, work: host.work, log: silentLog });
  let [streams, chains] = [0, 0];
  try {
    for await (const stream of store.audit(null, true)) {
      streams += 1;
      faults.push(...streamFaults(stream));
    }
    for await (const chain of store.auditChains(null, true)) {
      chains += 1;
      faults.push(...chainFaults(chain));
    }
  } finally {
    await store.close();
  }
  for (const fault of faults.slice(0, namedMax)) console.out(`${plain(fault)}\n`);
  const key = faults.length === 0 ? 'hubWhole' : 'hubFaulty';
  console.out(`${say(language, key, { streams, chains, faults: faults.length })}\n`);
  return faults.length === 0 ? 0 : 1;
}

/** What has not arrived yet is no fault of the store. */
function streamFaults({ agent, path, id, missing }: StreamAudit): string[] {
  return missing
    .filter(({ why }) => why !== 'never-arrived')
    .map(({ from, to, why }) => `${agent}: ${path || id}: ${from}..${to}: ${why}`);
}

function chainFaults({ agent, epoch, broken, lost }: ChainAudit): string[] {
  return [
    ...broken.map(({ sequence, why }) => `${agent}: chain ${epoch}: link ${sequence}: ${why}`),
    ...lost.map(
      ({ sequence, path, from, to }) =>
        `${agent}: chain ${epoch}: link ${sequence}: ${path}: ${from}..${to}: lost`,
    ),
  ];
}

/**
 * Opens an agent's state directory: who the agent is (`agent-id`) and what it remembers (`state.db`).
 *
 * The id lies in a file of its own, so that it survives the loss of the state. The state's note `agent-id` repeats it
 * and is written last: an id without that note therefore means that a state was lost, also where the process died in
 * between; the note `lost` then says since when. A damaged state is set aside under a name that tells the time, never
 * removed.
 */
import { join } from 'node:path';
import { DatabaseError } from '../host/database.ts';
import { DiskError, diskCode, printablePath } from '../host/disk.ts';
import { AlmadiaError } from '../host/errors.ts';
import { readFile, writeFile } from '../host/files.ts';
import type { Host } from '../host/host.ts';
import { keepPrivate } from '../host/private-directory.ts';
import { randomName } from '../host/random.ts';
import type { SelfLog } from '../host/selflog.ts';
import { openSqliteState } from './sqlite.ts';
import type { Change, State } from './state.ts';

export interface OpenOptions {
  /** 'auto': the one kept in the directory, or drawn now. Any other is taken, and kept there. */
  readonly agentId: string;
  readonly log: SelfLog;
}

export interface Opened {
  readonly state: State;
  readonly agentId: string;
  /** `lost`: an agent was here, but its state is missing or damaged; the note `lost` holds the time (ISO 8601). */
  readonly fresh: 'first' | 'resumed' | 'lost';
}

type StateHost = Pick<Host, 'clock' | 'disk' | 'databases' | 'random' | 'process'>;

/** SQLite's own companions of a database file. */
const companions = ['', '-wal', '-shm', '-journal'];

const agentIdBytesMax = 1024;

/** Throws `AlmadiaError` STATE_LOCKED, STATE_UNWRITABLE, STATE_FULL, STATE_NEWER, STATE_UNSAFE. */
export async function openState(host: StateHost, directory: string, options: OpenOptions): Promise<Opened> {
  try {
    const refuse = (path: string, cause: string) => unsafe(host, path, cause);
    await keepPrivate(host, { path: directory, owns: ownFiles, unsafe: refuse });
    const { state, damaged } = await openFile(host, directory, options.log);
    try {
      return { state, ...(await identify(host, directory, { state, damaged, ...options })) };
    } catch (error) {
      state.close();
      throw error;
    }
  } catch (error) {
    throw explained(error, host, directory);
  }
}

/**
 * The state of a stopped agent, to be looked at: nothing is set aside, and no id is drawn. As long as it is open no agent
 * can begin there. Throws `AlmadiaError` as `openState` does, and STATE_UNWRITABLE also where it is damaged.
 */
export function inspectState(host: StateHost, directory: string): State {
  try {
    return openSqliteState(host.databases, join(directory, 'state.db'));
  } catch (error) {
    throw explained(error, host, directory);
  }
}

async function identify(
  host: StateHost,
  directory: string,
  found: OpenOptions & { readonly state: State; readonly damaged: boolean },
): Promise<Omit<Opened, 'state'>> {
  const filed = await readAgentId(host, directory);
  const noted = found.state.snapshot.notes.get('agent-id') ?? null;
  const known = filed ?? noted ?? randomName(host.random);
  const agentId = found.agentId === 'auto' ? known : found.agentId;
  const fresh = noted !== null ? 'resumed' : filed !== null || found.damaged ? 'lost' : 'first';

  if (agentId !== filed) await writeAgentId(host, directory, agentId);
  const changes: Change[] = [];
  if (agentId !== noted) changes.push({ kind: 'note', name: 'agent-id', value: agentId });
  if (fresh === 'lost') {
    const since = new Date(host.clock.now()).toISOString();
    changes.push({ kind: 'note', name: 'lost', value: since });
    found.log.write('error', 'state.lost', 'the agent starts without the positions it had', {
      path: printablePath(directory),
    });
  }
  if (changes.length > 0) found.state.commit(changes, 'full');
  return { agentId, fresh };
}

/** What was set aside is left as it is. */
const ownFiles = /^(agent-id|state\.db)(?!.*damaged-)/;

function unsafe(host: StateHost, path: string, cause: string): AlmadiaError {
  const user = host.process.userName;
  return new AlmadiaError('STATE_UNSAFE', { path: printablePath(path), cause, user });
}

/** A damaged file is set aside once; a new one that is damaged too means a broken disk. */
async function openFile(
  host: StateHost,
  directory: string,
  log: SelfLog,
): Promise<{ readonly state: State; readonly damaged: boolean }> {
  const path = join(directory, 'state.db');
  try {
    return { state: openSqliteState(host.databases, path), damaged: false };
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.kind !== 'damaged') throw error;
    const aside = await setAside(host, path);
    log.write('error', 'state.damaged', `the state is damaged and was set aside as ${printablePath(aside)}`, {
      path: printablePath(path),
      aside: printablePath(aside),
      cause: error.message,
    });
    return { state: openSqliteState(host.databases, path), damaged: true };
  }
}

/** Gives the new name. The colons of ISO 8601's long form are left out: not every file system takes them. */
async function setAside(host: StateHost, path: string): Promise<string> {
  const time = new Date(host.clock.now()).toISOString().replace(/[-:]/g, '');
  const aside = `${path}.damaged-${time}`;
  for (const companion of companions) {
    await host.disk.rename(path + companion, aside + companion).catch((error: unknown) => {
      if (diskCode(error) !== 'ENOENT') throw error;
    });
  }
  await host.disk.syncDirectory(join(path, '..'));
  return aside;
}

/** Null where there is none, or none that can be used. */
async function readAgentId(host: StateHost, directory: string): Promise<string | null> {
  const bytes = await readFile(host.disk, join(directory, 'agent-id'), agentIdBytesMax);
  const id = bytes === null ? '' : Buffer.from(bytes).toString('utf8').trim();
  return id === '' ? null : id;
}

function writeAgentId(host: StateHost, directory: string, agentId: string): Promise<void> {
  const bytes = Buffer.from(`${agentId}\n`);
  return writeFile(host.disk, join(directory, 'agent-id'), { bytes, permissions: 0o600 });
}

function explained(error: unknown, host: StateHost, directory: string): unknown {
  if (!(error instanceof DatabaseError) && !(error instanceof DiskError)) return error;
  const values = {
    path: printablePath(directory),
    cause: error instanceof DiskError ? `${error.code}: ${error.message}` : error.message,
    user: host.process.userName,
  };
  if (error instanceof DatabaseError && error.kind === 'locked') {
    return new AlmadiaError('STATE_LOCKED', values, { cause: error });
  }
  const full =
    error instanceof DatabaseError ? error.kind === 'full' : ['ENOSPC', 'EDQUOT'].includes(error.code);
  return new AlmadiaError(full ? 'STATE_FULL' : 'STATE_UNWRITABLE', values, { cause: error });
}

/**
 * `almadia hub keys`: who may deliver lines to a hub. A running hub is asked over its socket, and takes the change at
 * once; without one its store is opened here, locked against a hub that starts meanwhile.
 */
import { join, resolve } from 'node:path';
import { AlmadiaError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { silentLog } from '../host/selflog.ts';
import { type AgentKey, AgentKeys, type NewKey } from '../hub/agent-keys.ts';
import { keyNameMax } from '../hub/control.ts';
import { storeName } from '../hub/hub.ts';
import { overlapMaxMs } from '../hub/key-routes.ts';
import { openStore } from '../store/sqlite.ts';
import type { CommandContext } from './command.ts';
import { defaults } from './commands/hub.ts';
import { hubAt } from './hub-socket.ts';
import { say } from './messages.ts';
import { durationOption } from './options.ts';
import { ago, plain, table } from './show.ts';

/** The same over the socket and over the store. */
interface Access {
  list(): Promise<readonly AgentKey[]>;
  add(wanted: Pick<AgentKey, 'name' | 'agent'>): Promise<NewKey>;
  rotate(id: string, overlapMs: number): Promise<NewKey | null>;
  revoke(id: string): Promise<boolean>;
  close(): Promise<void>;
}

export async function add(context: CommandContext): Promise<number> {
  const name = context.arguments[0]!;
  const agent = context.options.text('agent') ?? null;
  for (const [argument, value] of [
    ['name', name],
    ['--agent', agent],
  ] as const) {
    if (value === null || (value !== '' && value.length <= keyNameMax)) continue;
    throw new AlmadiaError('OPTION_INVALID', { option: argument, value, expected: `1..${keyNameMax}` });
  }
  showNew(await withAccess(context, (access) => access.add({ name, agent })), context);
  return 0;
}

export async function rotate(context: CommandContext): Promise<number> {
  const id = context.arguments[0]!;
  const overlapMs = durationOption(context.options, 'overlap', { min: 0, max: overlapMaxMs })!;
  const added = await withAccess(context, (access) => access.rotate(id, overlapMs));
  if (added === null) throw new AlmadiaError('HUB_KEY_UNKNOWN', { id: plain(id) });
  showNew(added, context);
  return 0;
}

function showNew({ key, secret }: NewKey, context: CommandContext): void {
  const { console, language } = context;
  if (context.options.flag('json')) console.out(`${JSON.stringify({ ...key, key: secret }, null, 2)}\n`);
  else console.out(`${say(language, 'keyAdded', { name: plain(key.name), id: key.id, key: secret })}\n`);
}

export async function list(context: CommandContext): Promise<number> {
  const keys = await withAccess(context, (access) => access.list());
  const { console, host, language } = context;
  if (context.options.flag('json')) console.out(`${JSON.stringify({ keys }, null, 2)}\n`);
  else if (keys.length === 0) console.out(`${say(language, 'keysNone')}\n`);
  else {
    const heading = (['keyId', 'keyName', 'keyAgent', 'keySince', 'keyUsed'] as const).map((key) =>
      say(language, key),
    );
    const rows = keys.map(({ id, name, agent, createdAtMs, usedAtMs }) => [
      id,
      plain(name),
      agent === null ? say(language, 'keyAnyAgent') : plain(agent),
      ago(host.clock.now() - createdAtMs, language),
      usedAtMs === null ? '-' : ago(host.clock.now() - usedAtMs, language),
    ]);
    console.out(`${table([heading, ...rows], []).join('\n')}\n`);
  }
  return 0;
}

export async function revoke(context: CommandContext): Promise<number> {
  const id = context.arguments[0]!;
  const revoked = await withAccess(context, (access) => access.revoke(id));
  if (!revoked) throw new AlmadiaError('HUB_KEY_UNKNOWN', { id: plain(id) });
  context.console.out(`${say(context.language, 'keyRevoked', { id: plain(id) })}\n`);
  return 0;
}

async function withAccess<Result>(
  context: CommandContext,
  work: (access: Access) => Promise<Result>,
): Promise<Result> {
  const { host, options } = context;
  const directory = resolve(host.process.workingDirectory, options.text('data') || defaults.data);
  const access = (await askingHub(host, directory)) ?? (await openingStore(host, directory));
  try {
    return await work(access);
  } finally {
    await access.close();
  }
}

/** Null where no hub runs on the directory. */
async function askingHub(host: Host, directory: string): Promise<Access | null> {
  const answer = await hubAt(host, directory);
  if (answer === null) return null;
  return {
    list: async () => (await answer<{ keys: readonly AgentKey[] }>('GET', '/keys')).keys,
    add: (wanted) => answer('POST', '/keys', wanted),
    rotate: async (id, overlapMs) => {
      const reply = await answer<NewKey | Record<string, never>>('POST', '/keys/rotate', { id, overlapMs });
      return 'key' in reply ? (reply as NewKey) : null;
    },
    revoke: async (id) => (await answer<{ revoked: boolean }>('POST', '/keys/revoke', { id })).revoked,
    close: () => Promise.resolve(),
  };
}

async function openingStore(host: Host, directory: string): Promise<Access> {
  const path = join(directory, storeName);
  if ((await host.disk.stat(path).catch(() => null)) === null) {
    throw new AlmadiaError('HUB_ABSENT', { path: directory });
  }
  const { clock, databases, random, work } = host;
  const store = openStore(path, { databases, work, log: silentLog });
  const keys = new AgentKeys({ clock, notes: store.notes, random, work });
  return {
    list: () => Promise.resolve(keys.list()),
    add: (wanted) => Promise.resolve(keys.add(wanted)),
    rotate: (id, overlapMs) => Promise.resolve(keys.rotate(id, overlapMs)),
    revoke: (id) => Promise.resolve(keys.revoke(id)),
    close: () => store.close(),
  };
}

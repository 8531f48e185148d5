/**
 * `almadia dead-letters`: batches that were set aside. A running agent is asked; without one the state is opened here,
 * locked against an agent that starts meanwhile.
 */
import { join } from 'node:path';
import type { DeadLetter, DeadLetters } from '../agent/dead-letters.ts';
import { deadLettersOf, shelfOf } from '../agent/dead-letters.ts';
import type { ErrorCode, ErrorValues } from '../host/errors.ts';
import { AlmadiaError } from '../host/errors.ts';
import { silentLog } from '../host/selflog.ts';
import { openState } from '../state/open.ts';
import type { CommandContext } from './command.ts';
import { askAgent } from './control-socket.ts';
import { say } from './messages.ts';
import { ago, plain, plainLines, shortBytes, table } from './show.ts';
import { stateDirectoryOf } from './status.ts';

/** The same over the socket and over the state; every call may wait. */
interface Access {
  list(): Promise<readonly DeadLetter[]>;
  body(id: string): Promise<Uint8Array | null>;
  change(action: 'replay' | 'drop', ids: readonly string[] | 'all'): Promise<number>;
  close(): void;
}

export async function list(context: CommandContext): Promise<number> {
  const letters = await withAccess(context, (access) => access.list());
  if (context.options.flag('json')) {
    context.console.out(`${JSON.stringify({ dead_letters: letters }, null, 2)}\n`);
    return 0;
  }
  context.console.out(`${letterLines(letters, context).join('\n')}\n`);
  return 0;
}

function letterLines(letters: readonly DeadLetter[], context: CommandContext): string[] {
  const { language, host } = context;
  if (letters.length === 0) return [say(language, 'deadNone')];
  const heading = (['deadName', 'deadLines', 'deadBytes', 'deadSince', 'deadReason'] as const).map((key) =>
    say(language, key),
  );
  const rows = letters.map((letter) => [
    plain(letter.id),
    String(letter.records),
    shortBytes(letter.bytes),
    ago(host.clock.now() - letter.atMs, language),
    `${plain(letter.reason)}${letter.replaying ? ` (${say(language, 'deadReplaying')})` : ''} ${plain(letter.paths.join(', '))}`,
  ]);
  return table([heading, ...rows], [1, 2]);
}

export async function show(context: CommandContext): Promise<number> {
  const id = context.arguments[0]!;
  await withAccess(context, async (access) => {
    const letter = (await access.list()).find((candidate) => candidate.id === id);
    const body = letter === undefined ? null : await access.body(id);
    if (letter === undefined || body === null)
      throw new AlmadiaError('DEAD_LETTER_UNKNOWN', { id: plain(id) });
    if (context.options.flag('json')) {
      const raw = Buffer.from(body).toString('base64');
      context.console.out(`${JSON.stringify({ ...letter, raw }, null, 2)}\n`);
    } else {
      // Log lines are foreign: a terminal gets them without what could drive it, a file as they are.
      const text = context.console.terminal ? plainLines(Buffer.from(body).toString('utf8')) : body;
      await context.console.write(text);
    }
  });
  return 0;
}

export async function change(context: CommandContext, action: 'replay' | 'drop'): Promise<number> {
  const all = context.options.flag('all');
  const ids = context.arguments;
  if (!all && ids.length === 0) throw new AlmadiaError('DEAD_LETTERS_UNNAMED');
  const count = await withAccess(context, async (access) => {
    if (!all) {
      const known = new Set((await access.list()).map((letter) => letter.id));
      const unknown = ids.find((id) => !known.has(id));
      if (unknown !== undefined) throw new AlmadiaError('DEAD_LETTER_UNKNOWN', { id: plain(unknown) });
    }
    return access.change(action, all ? 'all' : ids);
  });
  const key = action === 'replay' ? 'deadReplayed' : 'deadDropped';
  context.console.out(
    context.options.flag('json')
      ? `${JSON.stringify({ count })}\n`
      : `${say(context.language, key, { count })}\n`,
  );
  return 0;
}

async function withAccess<Result>(
  context: CommandContext,
  work: (access: Access) => Promise<Result>,
): Promise<Result> {
  const directory = await stateDirectoryOf(context);
  const first = await askAgent(context.host, directory, { method: 'GET', path: '/dead-letters' });
  const access =
    first.kind === 'answer' ? askingAgent(context, directory) : await openingState(context, directory);
  try {
    return await work(access);
  } finally {
    access.close();
  }
}

function askingAgent(context: CommandContext, directory: string): Access {
  const ask = async (question: Parameters<typeof askAgent>[2]): Promise<{ status: number; body: Buffer }> => {
    const answer = await askAgent(context.host, directory, question);
    if (answer.kind === 'nobody') throw new AlmadiaError('AGENT_NOT_RUNNING', { path: directory });
    const body = Buffer.from(answer.body);
    if (answer.status === 503) {
      const told = JSON.parse(body.toString('utf8')) as { code: ErrorCode; values: ErrorValues };
      throw new AlmadiaError(told.code, told.values);
    }
    return { status: answer.status, body };
  };
  const json = async (question: Parameters<typeof askAgent>[2]): Promise<Record<string, unknown>> =>
    JSON.parse((await ask(question)).body.toString('utf8')) as Record<string, unknown>;
  return {
    list: async () => (await json({ method: 'GET', path: '/dead-letters' })).dead_letters as DeadLetter[],
    body: async (id) => {
      const reply = await ask({ method: 'GET', path: `/dead-letters/${encodeURIComponent(id)}` });
      return reply.status === 200 ? reply.body : null;
    },
    change: async (action, ids) =>
      (await json({ method: 'POST', path: `/dead-letters/${action}`, body: { ids } })).count as number,
    close: () => undefined,
  };
}

async function openingState(context: CommandContext, directory: string): Promise<Access> {
  const { host } = context;
  const there = await host.disk.stat(join(directory, 'state.db')).catch(() => null);
  if (there === null) throw new AlmadiaError('STATE_ABSENT', { path: directory });
  const { state } = await openState(host, directory, { agentId: 'auto', log: silentLog });
  const letters: DeadLetters = deadLettersOf(state, shelfOf(state.snapshot), () => host.clock.now());
  return {
    list: () => Promise.resolve(letters.list()),
    body: (id) => Promise.resolve(letters.body(id)),
    change: async (action, ids) => letters[action](ids),
    close: () => state.close(),
  };
}

/**
 * Compares every line at the hub with what was written: none missing, none twice, none changed, in the order of its
 * file; sees that lines go on arriving; and asks the program itself, which must say that it is complete.
 */
import assert from 'node:assert/strict';
import { createHost } from '../../../src/host/node/host.ts';
import type { Room, StoredLine } from '../room.ts';
import type { Figures } from './figures.ts';
import type { Writer } from './writer.ts';

/** What an exception of docs/limits.md lets be. All else must hold. */
export interface Excuse {
  /** Lines that lie in no file any more may be missing. */
  readonly onlyKept?: boolean;
  /** Gaps that the audit may tell, by their reason. */
  readonly gaps?: readonly string[];
}

const { clock } = createHost();
/** Of a machine that has other things to do. */
const patienceMs = 180_000;
const lookEveryMs = 50;
const liveLines = 3;

/**
 * Whatever was written arrives; the agent stops when it is asked to; another start sends new lines and nothing again.
 * Both must be running.
 */
export async function conclude(
  room: Room,
  writer: Writer,
  { figures, excuse = {} }: { readonly figures: Figures; readonly excuse?: Excuse },
): Promise<void> {
  writer.stop();
  for (const phase of ['drained', 'started again'] as const) {
    if (phase === 'started again') await room.startAgent();
    writer.write(liveLines);
    await arrival(room, writer, excuse);
    await stopAgent(room, phase);
    await auditIsComplete(room, phase === 'drained' ? [] : ['--hub'], excuse);
  }
  writer.close();
  const verdict = judge(await room.stored(), writer, excuse);
  figures.written += verdict.required;
  figures.missing += verdict.missing.length;
  figures.repeated += verdict.repeated.length;
  assert.deepEqual(verdict.wrong, [], `the hub has what was written\n${room.said.slice(-2000)}`);
}

async function stopAgent({ agent }: Room, phase: string): Promise<void> {
  agent.signal('SIGTERM');
  const end = await agent.ended;
  const said = agent.output.slice(-2000);
  assert.deepEqual(end, { code: 0, signal: null }, `the agent has ${phase} and stops\n${said}`);
}

async function auditIsComplete(room: Room, options: readonly string[], { gaps = [] }: Excuse): Promise<void> {
  const { output } = await room.command('audit', '--json', ...options);
  const { verdict, missing, hub } = JSON.parse(output) as {
    readonly verdict: string;
    readonly missing: readonly { readonly reason: string }[];
    readonly hub: { readonly missing: readonly unknown[] } | null;
  };
  const unexcused = missing.filter(({ reason }) => !gaps.includes(reason));
  const found = { verdict, missing: unexcused, atHub: hub?.missing ?? [] };
  const wanted = missing.length > 0 ? 'missing' : 'complete';
  assert.deepEqual(found, { verdict: wanted, missing: [], atHub: [] }, `almadia audit ${options.join(' ')}`);
}

/** Lines of every file arrive: from now on the agent knows them all. */
export async function begin(room: Room, writer: Writer): Promise<void> {
  await room.startHub();
  await room.startAgent();
  writer.write(liveLines);
  await arrival(room, writer, {});
}

/** Until no required line is missing at the hub, or for as long as patience lasts: the verdict comes later. */
async function arrival(room: Room, writer: Writer, excuse: Excuse): Promise<void> {
  const { size } = required(writer, excuse);
  const deadline = clock.monotonicMs() + patienceMs;
  while (clock.monotonicMs() < deadline) {
    if (((await room.count()) ?? 0) >= size) {
      const { missing } = judge(await room.stored(), writer, excuse);
      if (missing.length === 0) return;
    }
    await clock.sleep(lookEveryMs);
  }
}

function required(writer: Writer, { onlyKept = false }: Excuse): Set<string> {
  return new Set(onlyKept ? writer.kept() : [...writer.written.values()].flat());
}

interface Verdict {
  /** How many lines must be there. */
  readonly required: number;
  readonly missing: readonly string[];
  readonly repeated: readonly string[];
  /** Sentences; none when all is well. */
  readonly wrong: readonly string[];
}

function judge(stored: readonly StoredLine[], writer: Writer, excuse: Excuse): Verdict {
  const wanted = required(writer, excuse);
  const places = new Map(
    [...writer.written.values()].flatMap((lines) => lines.map((line, at) => [line, at])),
  );
  const arrived = new Set<string>();
  const repeated: string[] = [];
  const wrong: string[] = [];
  const last = new Map<string, number>();
  for (const { stream, text } of stored) {
    const place = places.get(text);
    if (place === undefined) {
      wrong.push(`never written: ${text}`);
      continue;
    }
    if (arrived.has(text)) repeated.push(text);
    arrived.add(text);
    if (place <= (last.get(stream) ?? -1)) wrong.push(`not in order in ${stream}: ${text}`);
    last.set(stream, place);
  }
  const missing = [...wanted].filter((line) => !arrived.has(line));
  const some = (what: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`${lines.length} ${what}, the first: ${lines[0]}, the last: ${lines.at(-1)}`];
  return {
    required: wanted.size,
    missing,
    repeated,
    wrong: [...some('missing', missing), ...some('repeated', repeated), ...wrong.slice(0, 5)],
  };
}

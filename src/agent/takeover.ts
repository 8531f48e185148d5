/**
 * Takes over what a Python original left: its pending lines are sent first, its position is where reading begins.
 *
 * Crash-safe: each batch of lines is committed together with a note of how far that is, and the position with the last
 * one. Only then the original's file gets another name. A start after a crash goes on where the notes say.
 */

import { diskCode, printablePath } from '../host/disk.ts';
import { readFile } from '../host/files.ts';
import type { Host } from '../host/host.ts';
import { randomName } from '../host/random.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { ProtocolLimits } from '../protocol/protocol.ts';
import type { AgentSettings } from '../settings/agent.ts';
import type { Change } from '../state/state.ts';
import { type BufferedRow, readIlaSocBuffer, readSyncLogsState } from '../state/takeover.ts';
import { Batcher } from './batcher.ts';
import type { Outbox } from './outbox.ts';

export interface TakenOver {
  /** Where reading begins, by path. */
  readonly positions: ReadonlyMap<string, number>;
  readonly lines: number;
}

const nothing: TakenOver = { positions: new Map(), lines: 0 };
const noteName = 'taken-over ';
const stateBytesMax = 256 * 1024 * 1024;
const togetherMs = 5000;
const lineEnd = Buffer.from('\n');

export interface TakeoverContext {
  readonly host: Host;
  readonly settings: AgentSettings;
  readonly outbox: Outbox;
  readonly log: SelfLog;
  /** What the protocol takes in one request. */
  readonly limits: ProtocolLimits;
  /** What earlier starts noted. */
  readonly notes: ReadonlyMap<string, string>;
}

/** How far the take-over of one file is: so many runs of lines are committed; with `position`, all of it is. */
interface Progress {
  readonly runs: number;
  readonly position?: number | null;
}

/** Lines that were read at the same time from the same place. */
interface Run {
  readonly path: string;
  readonly lines: readonly Uint8Array[];
  readonly readAtMs: number | null;
}

export async function takeOver(context: TakeoverContext): Promise<TakenOver> {
  const { takeover, sources } = context.settings;
  switch (takeover.kind) {
    case 'none':
      return nothing;
    case 'sync-logs': {
      const path = sources[0]?.include[0]?.replace(/\\(.)/g, '$1') ?? '';
      for (const file of takeover.stateFiles) {
        const done = await takeSyncLogs(context, file, path);
        if (done !== null) return done;
      }
      return nothing;
    }
    case 'ila-soc':
      return (await takeIlaSoc(context, takeover.bufferFile)) ?? nothing;
  }
}

/** Null when there is nothing to take over. */
async function takeSyncLogs(context: TakeoverContext, file: string, path: string): Promise<TakenOver | null> {
  const { host, notes } = context;
  const noted = progressOf(notes, file);
  const bytes = await readFile(host.disk, file, stateBytesMax).catch(unreadable);
  if (bytes === null) return noted?.position === undefined ? null : takenOver(path, noted.position, 0);
  const found = readSyncLogsState(bytes);
  if (found.kind === 'unreadable') {
    refuse(context, file, found.cause);
    return null;
  }
  const { pending, position } = found.value;
  const runs = pending.map(({ lines, readAtMs }): Run => ({ path, lines, readAtMs }));
  const lines = await keepAll(context, file, { runs, position });
  await setAside(context, file, lines);
  return takenOver(path, position, lines);
}

async function takeIlaSoc(context: TakeoverContext, file: string): Promise<TakenOver | null> {
  const stat = await context.host.disk.stat(file).catch(() => null);
  if (stat?.kind !== 'file') return null;
  const found = readIlaSocBuffer(context.host.databases, file);
  if (found.kind === 'unreadable') {
    refuse(context, file, found.cause);
    return null;
  }
  try {
    const lines = await keepAll(context, file, { runs: runsOf(found.value.pages()), position: null });
    found.value.close();
    await setAside(context, file, lines);
    return { positions: new Map(), lines };
  } catch (error) {
    found.value.close();
    throw error;
  }
}

/**
 * A row has a time of its own, a batch has one: rows of one source whose times lie within the original's batch
 * interval go together under the first one's.
 */
function* runsOf(pages: Iterable<readonly BufferedRow[]>): Iterable<Run> {
  for (const page of pages) {
    let run: { path: string; lines: Uint8Array[]; readAtMs: number | null } | null = null;
    for (const { line, source, timestamp } of page) {
      const parsed = Date.parse(timestamp);
      const readAtMs = Number.isNaN(parsed) ? null : parsed;
      const near: boolean = Math.abs((readAtMs ?? 0) - (run?.readAtMs ?? 0)) <= togetherMs;
      if (run === null || run.path !== source || !near) {
        if (run !== null) yield run;
        run = { path: source, lines: [], readAtMs };
      }
      run.lines.push(line);
    }
    if (run !== null) yield run;
  }
}

/** Commits runs of lines that are not committed yet; gives how many lines there are. */
async function keepAll(
  context: TakeoverContext,
  file: string,
  what: { readonly runs: Iterable<Run>; readonly position: number | null },
): Promise<number> {
  const done = progressOf(context.notes, file)?.runs ?? 0;
  let runs = 0;
  let lines = 0;
  for (const run of what.runs) {
    runs += 1;
    lines += run.lines.length;
    if (runs > done) await keep(context, run, progressNote(file, { runs }));
  }
  await context.outbox.note(progressNote(file, { runs, position: what.position }));
  return lines;
}

/** One run as spooled batches of a stream of its own, and the note with the last of them. */
async function keep(context: TakeoverContext, run: Run, note: Change): Promise<void> {
  const { host, limits, outbox, settings } = context;
  const body = Buffer.concat(run.lines.flatMap((line) => [line, lineEnd]));
  const stream = randomName(host.random);
  const segment = { stream, path: run.path, from: 0, to: body.length, kind: 'lines' } as const;
  const batcher = new Batcher({ ...settings.batch, protocol: limits });
  const at = { monotonicMs: 0, nowMs: run.readAtMs ?? host.clock.now() };
  const drafts = [
    ...batcher.add({ segment, body, records: run.lines.length, tail: new Uint8Array(0) }, at),
    batcher.close(at.nowMs),
  ].filter((draft) => draft.records > 0);
  outbox.markFleeting(stream);
  for (const draft of drafts) await outbox.close(draft, draft === drafts.at(-1) ? [note] : []);
}

async function setAside({ host, log }: TakeoverContext, file: string, lines: number): Promise<void> {
  const kept = `${file}.taken-over`;
  const what = `took over ${lines} pending lines from ${printablePath(file)}`;
  try {
    await host.disk.rename(file, kept);
    log.write('info', 'takeover.done', `${what}, kept as ${printablePath(kept)}`, { lines });
  } catch (error) {
    const code = diskCode(error);
    if (code === null) throw error;
    log.write(
      'warn',
      'takeover.left',
      `${what}; the file could not be renamed (${code}) and is ignored from now on`,
    );
  }
}

function takenOver(path: string, position: number | null, lines: number): TakenOver {
  return { positions: position === null ? new Map() : new Map([[path, position]]), lines };
}

function progressNote(file: string, progress: Progress): Change {
  return { kind: 'note', name: `${noteName}${file}`, value: JSON.stringify(progress) };
}

function progressOf(notes: ReadonlyMap<string, string>, file: string): Progress | null {
  const value = notes.get(`${noteName}${file}`);
  return value === undefined ? null : (JSON.parse(value) as Progress);
}

function refuse({ log }: TakeoverContext, file: string, cause: string): void {
  log.write('warn', 'takeover.refused', `${printablePath(file)} was left as it is: ${cause}`);
}

function unreadable(error: unknown): null {
  if (diskCode(error) === null) throw error;
  return null;
}

/**
 * Takes over what a Python original left: its pending lines are sent first, its position is where reading begins.
 * The lines are committed durably, together with a note that says so, before the original's file gets another name:
 * a crash in between repeats nothing.
 */

import { diskCode, printablePath } from '../host/disk.ts';
import { readFile } from '../host/files.ts';
import type { Host } from '../host/host.ts';
import { randomName } from '../host/random.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { AgentSettings } from '../settings/agent.ts';
import { readIlaSocBuffer, readSyncLogsState } from '../state/takeover.ts';
import type { Draft } from './batcher.ts';
import type { Outbox } from './outbox.ts';

export interface TakenOver {
  /** Where reading begins, by path. */
  readonly positions: ReadonlyMap<string, number>;
  readonly lines: number;
}

const stateBytesMax = 256 * 1024 * 1024;
/** Pending lines are committed in batches of so many, so that a large buffer needs no large memory. */
const batchRecords = 1000;

export interface TakeoverContext {
  readonly host: Host;
  readonly settings: AgentSettings;
  readonly outbox: Outbox;
  readonly log: SelfLog;
  /** Names of files that were taken over before. */
  readonly done: ReadonlySet<string>;
}

export async function takeOver(context: TakeoverContext): Promise<TakenOver> {
  const { takeover } = context.settings;
  switch (takeover.kind) {
    case 'none':
      return { positions: new Map(), lines: 0 };
    case 'sync-logs':
      return await takeSyncLogs(context, takeover.stateFiles);
    case 'ila-soc':
      return await takeIlaSoc(context, takeover.bufferFile);
  }
}

async function takeSyncLogs(context: TakeoverContext, files: readonly string[]): Promise<TakenOver> {
  const { host, settings } = context;
  const logFile = settings.sources[0]?.include[0]?.replace(/\\(.)/g, '$1') ?? '';
  for (const file of files) {
    const bytes = await readFile(host.disk, file, stateBytesMax).catch((error: unknown) => unreadable(error));
    if (bytes === null) continue;
    const found = readSyncLogsState(bytes);
    if (found.kind === 'unreadable') {
      refuse(context, file, found.cause);
      continue;
    }
    const { pending, position } = found.value;
    let lines = 0;
    if (!context.done.has(file)) {
      for (const batch of pending) {
        lines += await keep(context, { path: logFile, lines: batch.lines, readAtMs: batch.readAtMs });
      }
      await context.outbox.took(file);
    }
    await setAside(context, file, lines);
    return { positions: position === null ? new Map() : new Map([[logFile, position]]), lines };
  }
  return { positions: new Map(), lines: 0 };
}

async function takeIlaSoc(context: TakeoverContext, file: string): Promise<TakenOver> {
  const none = { positions: new Map<string, number>(), lines: 0 };
  const stat = await context.host.disk.stat(file).catch(() => null);
  if (stat?.kind !== 'file') return none;
  const found = readIlaSocBuffer(context.host.databases, file);
  if (found.kind === 'unreadable') {
    refuse(context, file, found.cause);
    return none;
  }
  let lines = 0;
  try {
    if (!context.done.has(file)) {
      for (const page of found.value.pages()) {
        for (const [path, rows] of bySource(page)) {
          const readAtMs = Date.parse(rows[0]!.timestamp);
          const texts = rows.map((row) => row.line);
          lines += await keep(context, {
            path,
            lines: texts,
            readAtMs: Number.isNaN(readAtMs) ? null : readAtMs,
          });
        }
      }
      await context.outbox.took(file);
    }
  } finally {
    found.value.close();
  }
  await setAside(context, file, lines);
  return { positions: new Map(), lines };
}

/** Runs of the same source and time, in order: a batch has one read time. */
function bySource<Row extends { readonly source: string; readonly timestamp: string }>(
  rows: readonly Row[],
): readonly (readonly [string, Row[]])[] {
  const runs: [string, Row[]][] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    const same = last !== undefined && last[0] === row.source && last[1][0]!.timestamp === row.timestamp;
    if (same) last[1].push(row);
    else runs.push([row.source, [row]]);
  }
  return runs;
}

/** Commits lines as spooled batches of a stream of their own. */
async function keep(
  { host, outbox }: TakeoverContext,
  given: { readonly path: string; readonly lines: readonly Uint8Array[]; readonly readAtMs: number | null },
): Promise<number> {
  for (let from = 0; from < given.lines.length; from += batchRecords) {
    const lines = given.lines.slice(from, from + batchRecords);
    const body = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
    const stream = randomName(host.random);
    const draft: Draft = {
      segments: [{ stream, path: given.path, from: 0, to: body.length, kind: 'lines' }],
      bodies: [body],
      records: lines.length,
      bytes: body.length,
      readAtMs: given.readAtMs ?? host.clock.now(),
      tails: new Map(),
    };
    await outbox.fleeting(stream);
    await outbox.close(draft);
  }
  return given.lines.length;
}

async function setAside({ host, log }: TakeoverContext, file: string, lines: number): Promise<void> {
  const kept = `${file}.taken-over`;
  await host.disk.rename(file, kept);
  const message = `took over ${lines} pending lines from ${printablePath(file)}, kept as ${printablePath(kept)}`;
  log.write('info', 'takeover.done', message, { lines });
}

function refuse({ log }: TakeoverContext, file: string, cause: string): void {
  const message = `${printablePath(file)} was left as it is: ${cause}`;
  log.write('warn', 'takeover.refused', message);
}

function unreadable(error: unknown): null {
  if (diskCode(error) === null) throw error;
  return null;
}

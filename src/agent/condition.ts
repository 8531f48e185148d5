/** From what a running agent knows of itself to what its heartbeat tells the hub. Pure. */
import type { Condition, Detail, Trouble } from '../protocol/condition.ts';
import type { AgentStatus } from './status.ts';

export function conditionOf(status: AgentStatus, intervalMs: number): Condition {
  return {
    intervalMs,
    lagMs: status.streams.reduce((longest, { lagMs }) => Math.max(longest, lagMs), 0),
    spoolBytesMax: status.buffer.spoolBytesMax,
    openStreams: status.ledger.openStreams,
    lastError: troubleOf(status),
  };
}

/** A file that cannot be read now comes before what the destination answered once. */
function troubleOf({ streams, output, nowMs }: AgentStatus): Trouble | null {
  const stuck = streams.find(({ trouble }) => trouble !== null);
  if (stuck === undefined) return output.lastError;
  return { reason: `${stuck.path}: ${stuck.trouble}`, atMs: nowMs, cause: 'file' };
}

export function detailOf(status: AgentStatus, told: Pick<Detail, 'configuration' | 'transitions'>): Detail {
  const streams = [...status.streams].sort(
    (a, b) => b.lagBytes - a.lagBytes || b.grownAtMs - a.grownAtMs || (a.path < b.path ? -1 : 1),
  );
  return {
    streamCount: streams.length,
    streams: streams
      .slice(0, streamsMax)
      .map(({ id: stream, path, position, size, watermark, lagMs, trouble }) => ({
        ...{ stream, path, position, size, watermark, lagMs, trouble },
      })),
    ...told,
  };
}

/** More do not fit into a heartbeat, however short their paths are. */
const streamsMax = 500;

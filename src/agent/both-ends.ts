/** The agent's ledger against what the hub has: what was acked and is not there. Pure. */
import type { LinkPlace, StatedLink } from '../event/chain.ts';
import type { AgentStreams, Gap, Range } from '../protocol/agent-streams.ts';
import type { Account } from './account.ts';
import type { Audit } from './audit.ts';
import { without } from './ranges.ts';

export interface Comparison {
  readonly url: string;
  /** Streams that both know. */
  readonly streams: number;
  /** Bytes that were settled here and are stored there. */
  readonly bytes: number;
  /** Settled here, and neither stored there nor known here to be missing. */
  readonly missing: readonly Absent[];
  /** Whether the hub has the newest link for which it signed; null: it has signed for none. */
  readonly signed: boolean | null;
  /** Streams that only the hub knows: they ended long ago, or another state of this agent had them. */
  readonly onlyThere: number;
}

export interface Absent extends Range {
  readonly stream: string;
  readonly path: string;
  /** What the hub says of it; null: it never knew it, or does not know any more that it did. */
  readonly reason: string | null;
}

/** Of a gap with this reason the hub had the bytes once: the agent did not tell it. */
const hubLost = 'hub-went-back';

/** `found` must be younger than the audit: what was acked by then must be there. */
export function compareEnds(audit: Audit, found: AgentStreams, url: string): Comparison {
  const atHub = new Map(found.streams.map((one) => [one.stream, one]));
  const unsent = new Map<string, Range[]>();
  for (const loss of audit.missing) unsent.set(loss.stream, [...(unsent.get(loss.stream) ?? []), loss]);
  const missing: Absent[] = [];
  let streams = 0;
  let bytes = 0;
  for (const account of audit.streams) {
    const { stream, path } = account;
    const { ranges, gaps } = atHub.get(stream) ?? { ranges: [], gaps: [] };
    if (atHub.delete(stream)) streams += 1;
    const expected = settledOf(account);
    const absent = without(expected, ranges);
    bytes += expected.to - expected.from - lengthOf(absent);
    const told = [...gaps.filter(({ reason }) => reason !== hubLost), ...(unsent.get(stream) ?? [])];
    for (const hole of absent.flatMap((one) => without(one, told))) {
      missing.push({ stream, path, ...hole, reason: reasonOf(hole, gaps) });
    }
  }
  const signed = audit.signed === null ? null : hasLink(audit.signed, found.link);
  return { url, streams, bytes, missing, signed, onlyThere: atHub.size };
}

/** What is before it must be there too for the chain to be contiguous; how far it is, the hub's own audit tells. */
function hasLink({ epoch, sequence, hash }: LinkPlace, at: StatedLink | null): boolean {
  if (at?.epoch !== epoch || at.highest < sequence) return false;
  return at.sequence !== sequence || at.hash === hash;
}

/** From where reading began to the watermark. */
function settledOf({ base, skipped, watermark }: Account): Range {
  const from = base + skipped;
  return { from, to: Math.max(from, watermark) };
}

function lengthOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}

function reasonOf({ from, to }: Range, gaps: readonly Gap[]): string | null {
  return gaps.find((gap) => gap.from < to && from < gap.to)?.reason ?? null;
}

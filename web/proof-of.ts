/** What is proved of the streams that a hub has: how far each is complete, and why not further. Pure. */

/** Bytes of a file; `to` is past the end. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface StoredStream {
  readonly agent: string;
  readonly id: string;
  /** Its path, else what the sender calls it. */
  readonly name: string;
  readonly fork: boolean;
  /** Lines that came again and were not stored again. */
  readonly duplicates: number;
  /** Where the agent began to read. */
  readonly begin: number;
  readonly ranges: readonly Range[];
  readonly gaps: readonly (Range & { readonly reason: string })[];
}

export interface StoredChain {
  readonly agent: string;
  readonly epoch: string;
  readonly contiguousTo: number;
  readonly newest: number;
  readonly repeats: number;
}

export interface HubEvent {
  readonly id: string;
  readonly agent: string;
  readonly kind: string;
  readonly atMs: number;
  readonly path: string | null;
  readonly detail: string;
}

export interface ProofParts {
  readonly streams: readonly StoredStream[];
  readonly chains: readonly StoredChain[];
  readonly events: readonly HubEvent[];
}

export interface StreamProof {
  readonly stream: StoredStream;
  /** Up to here, from where reading began, everything is stored or its absence has a reason. */
  readonly completeTo: number;
  /** Neither stored nor explained, in order. */
  readonly holes: readonly Range[];
}

/** Those with holes first, then those with gaps. */
export function proofsOf(streams: readonly StoredStream[]): readonly StreamProof[] {
  return streams.map(proofOf).sort((a, b) => rankOf(a) - rankOf(b));
}

function proofOf(stream: StoredStream): StreamProof {
  const known = [...stream.ranges, ...stream.gaps].sort((a, b) => a.from - b.from);
  const holes: Range[] = [];
  let reached = stream.begin;
  for (const { from, to } of known) {
    if (from > reached) holes.push({ from: reached, to: from });
    reached = Math.max(reached, to);
  }
  return { stream, completeTo: holes[0]?.from ?? reached, holes };
}

function rankOf({ stream, holes }: StreamProof): number {
  return holes.length > 0 ? 0 : stream.gaps.length > 0 || stream.fork ? 1 : 2;
}

export type ChainState =
  | { readonly kind: 'intact' }
  /** Batches behind the one that is missing are here already. */
  | { readonly kind: 'waiting'; readonly sequence: number }
  | { readonly kind: 'broken'; readonly detail: string };

/** `events` of all agents; only the newest are known, so an old break may be told by the audit alone. */
export function stateOf(chain: StoredChain, events: readonly HubEvent[]): ChainState {
  const broken = events.findLast(
    ({ kind, agent, detail }) =>
      kind === 'chain-broken' && agent === chain.agent && detail.includes(chain.epoch),
  );
  if (broken !== undefined)
    return { kind: 'broken', detail: broken.detail.replaceAll(` of ${chain.epoch}`, '') };
  if (chain.newest > chain.contiguousTo) return { kind: 'waiting', sequence: chain.contiguousTo + 1 };
  return { kind: 'intact' };
}

/**
 * What the hub keeps: lines, by agent and stream, and small notes. One contract of few members, carried by one
 * SQLite file (`sqlite.ts`). There is no SQL above it.
 *
 * Contract. `commit` resolves only when lines and ranges are on the disk, in one durable transaction for each
 * stream's run; that is the ack. A range is a claim and the content decides: what is stored already and proves equal
 * is counted as a duplicate and not stored again; what claims the same positions with other content is stored as a
 * fork of the stream; nothing is dropped. Order: of commits that do not wait for one another, any may come first.
 * Failure: rejects with `AlmadiaError` STORE_FULL or STORE_BROKEN; what was stored before stays, part of the arrival
 * may be stored too, and sending all of it again is safe for streams with positions. Nothing can be cancelled: an
 * arrival that was accepted is stored even when nobody waits for the answer. One process at a time (HUB_LOCKED).
 */
import type { Breaks, Chain, StatedLink } from '../event/chain.ts';
import type { StreamId } from '../event/stream.ts';
import type { ToldKind } from '../event/told-event.ts';
import type { Search } from './search.ts';

export interface Store {
  commit(arrival: Arrival): Promise<Receipt>;
  /**
   * Pages of lines. Each stream's lines come in the order of its positions; the streams come one after another in
   * the order in which they were first seen. With `newest`, only the lines received last, oldest first, across
   * streams. Holds a few blocks in memory at a time; merges and commits go on meanwhile, and everything that was
   * committed before the call is seen.
   */
  read(query: Query): AsyncIterable<Page>;
  /** Of one agent, or of all with null; in the order in which they were first seen. */
  streams(agent: string | null): readonly StreamSummary[];
  /** At most so many of an agent's streams, the newest first, from below a number on; null: the newest. */
  agentStreams(agent: string, page: { readonly below: number | null; readonly max: number }): AgentStreams;
  /** An agent's chain of an epoch, where it is known, else its newest, and how far it is contiguous; null where there is none. */
  lastLink(agent: string, epoch: string | null): StatedLink | null;
  /** In the order in which they were first seen. */
  chains(agent: string | null): readonly ChainSummary[];
  /** The newest first, below a number; of one agent, or of all with null. */
  events(
    agent: string | null,
    page: { readonly below: number | null; readonly max: number },
  ): readonly Event[];
  /** Those that are new, on the disk when it returns. Synchronous; throws as `commit` rejects. */
  addEvents(events: readonly NewEvent[]): void;
  /** Every chain, one at a time; with `content`, the stored bytes against the hashes of the links. */
  auditChains(agent: string | null, content: boolean): AsyncIterable<ChainAudit>;
  /** What is proved of each of those streams; with `content`, by every byte that is stored. A stream at a time. */
  audit(agent: string | null, content: boolean): AsyncIterable<StreamAudit>;
  /**
   * Removes what the rules do not keep, in small steps beside everything else, and remembers it as removed. Rejects as
   * `commit` does; what was removed before stays so. One call at a time. Ends early when the signal is aborted.
   */
  retain(rules: readonly RetentionRule[], nowMs: number, signal: AbortSignal): Promise<Retained>;
  /** Pages, counts and neighbours of lines that a query asks for (`search.ts`). */
  readonly search: Search;
  /**
   * From now on, and until what it returns is called, the file itself stays as it is and holds everything that was
   * committed before: what is committed meanwhile lies beside it. Throws as `commit` rejects.
   */
  hold(): () => void;
  readonly notes: Notes;
  /** Ends what is being committed, then lets go of the file. */
  close(): Promise<void>;
}

/** What one request brings. */
export interface Arrival {
  readonly agent: string;
  readonly receivedAtMs: number;
  readonly segments: readonly ArrivedSegment[];
  /** Of a sender that chains its batches. It is committed with the last of the segments, never before one of them. */
  readonly link?: ArrivedLink;
}

export interface ArrivedLink extends HashedChain {
  /** SHA-256 of the bytes that came, in hexadecimal: of a part where the batch was split. */
  readonly contentHash: string;
  /** Batches that the sender has set aside; their ranges are gaps among the segments. */
  readonly statements: readonly HashedChain[];
  /** JSON by stream. */
  readonly descriptions: ReadonlyMap<StreamId, string>;
}

export interface HashedChain {
  readonly chain: Chain;
  /** Of the link, in hexadecimal. */
  readonly hash: string;
}

/**
 * `lines`:  records that cover `from` to their last `to` without holes.
 * `append`: records of a sender that knows no positions; they get the next free ones, one byte more than they have
 *           each, as if a line end followed.
 * `text`:   the bytes of the file itself from `from` on, line ends included; every line but the last ends with LF.
 *           With `from` null they are of a sender that knows no positions, as with `append`, and the last ends too.
 * `gap`:    bytes that the sender does not send, and why.
 */
export type ArrivedSegment = {
  /** Hexadecimal, as the agent drew it, or derived where the sender knows no streams. */
  readonly stream: StreamId;
  /** Where the stream was read; '' where the sender does not say. Kept as first seen. */
  readonly path: string;
  /** What the protocols call source, such as a file's base name. Kept as first seen. */
  readonly source: string;
} & (
  | { readonly kind: 'lines'; readonly from: number; readonly records: readonly ArrivedRecord[] }
  | { readonly kind: 'append'; readonly records: readonly { readonly bytes: Uint8Array }[] }
  | { readonly kind: 'text'; readonly from: number | null; readonly text: Uint8Array; readonly count: number }
  | {
      readonly kind: 'gap';
      readonly from: number;
      readonly to: number;
      readonly reason: string;
      /** The sender has them and does not send them: filtered, or set aside. That is no event. */
      readonly leftOut?: boolean;
    }
);

export interface ArrivedRecord {
  /** Where the record ends in its source, line end included; greater than the one before. */
  readonly to: number;
  /** Without the line end. */
  readonly bytes: Uint8Array;
  /** True when `bytes` is only the beginning of an overlong line. */
  readonly cut: boolean;
}

export interface Receipt {
  /** Records newly stored, and records that were there already. */
  readonly stored: number;
  readonly duplicates: number;
  /** Of the records newly stored, without line ends. */
  readonly bytes: number;
  /** What was newly stored, for the live tail: lines are made when they are looked at. */
  readonly pages: readonly Page[];
  /** Whether the arrival had a link, and it was new. */
  readonly linked: boolean;
}

/** A record as it is kept. */
export interface Line extends ArrivedRecord {
  readonly from: number;
  readonly receivedAtMs: number;
}

/** Lines of one stream, in order of position. */
export interface Page {
  readonly stream: StreamHead;
  readonly lines: readonly Line[];
  /** A block whose bytes do not fit their checksum: what lay there cannot be read. Null when all is well. */
  readonly damaged: { readonly from: number; readonly to: number } | null;
}

export interface StreamHead {
  /** The store's own number of it, unique over all agents. */
  readonly number: number;
  readonly agent: string;
  /** A fork's is its stream's with ~1, ~2, … behind it. */
  readonly id: StreamId;
  readonly path: string;
  readonly source: string;
  /** The stream with whose content this one disagreed; null for a stream that is no fork. */
  readonly forkOf: StreamId | null;
}

export interface StreamSummary extends StreamHead {
  readonly lines: number;
  readonly bytes: number;
  /** Records that came again and were not stored again. */
  readonly duplicates: number;
  /** Where the agent began to read: what lies before was left out on purpose. 0 where it does not say. */
  readonly begin: number;
  readonly ranges: readonly Range[];
  readonly gaps: readonly (Range & { readonly reason: string })[];
}

export interface StreamAudit extends StreamSummary {
  /** Up to here, from `begin` on, everything is stored or a named gap. */
  readonly completeTo: number;
  /** What retention has removed; that is not missing. */
  readonly removed: readonly Range[];
  /** In order of position; empty where all that is known of is there. */
  readonly missing: readonly Missing[];
}

/**
 * `never-arrived`: between what arrived, and neither stored nor a gap. `removed`: it was acked and its lines are gone.
 * `not-acked`: lines that nobody remembers to have acked. `damaged`: its bytes do not fit their checksum.
 */
export interface Missing extends Range {
  readonly why: 'never-arrived' | 'removed' | 'not-acked' | 'damaged';
}

/** For an agent's streams of one source; null is any. Of the rules that fit a stream, that of its agent goes first. */
export interface RetentionRule {
  readonly agent: string | null;
  readonly source: string | null;
  /** What was received longer ago goes; null: nothing does. */
  readonly ageMs: number | null;
  /** Of all streams of this rule together, bytes of their files; the oldest go. Null: nothing does. */
  readonly bytesMax: number | null;
}

/** What was removed; bytes of the files. */
export interface Retained {
  readonly blocks: number;
  readonly bytes: number;
}

export interface AgentStreams {
  readonly streams: readonly (StreamSummary & { readonly description: string | null })[];
  /** Where the next page begins; null behind the last. */
  readonly below: number | null;
}

export interface NewEvent {
  readonly agent: string;
  /** What is seen twice has the same. */
  readonly name: string;
  readonly kind: EventKind;
  readonly atMs: number;
  readonly stream: string | null;
  readonly path: string | null;
  /** A sentence for people. */
  readonly detail: string;
}

export interface Event extends Omit<NewEvent, 'name'> {
  readonly number: number;
}

export type EventKind = ToldKind | 'agent-cloned' | 'chain-broken' | 'chain-epoch' | 'fork' | 'gap';

interface ChainHead {
  readonly agent: string;
  readonly epoch: string;
  /** The epoch that the agent left for this one, at which link and why; null where it did not say. */
  readonly left: Breaks | null;
  /** Batches that came again. */
  readonly repeats: number;
}

export interface ChainSummary extends ChainHead {
  /** Up to which sequence the chain was found contiguous as it came. */
  readonly contiguousTo: number;
  /** The greatest sequence of which something is there. */
  readonly newest: number;
}

/** What is there now, whatever was found as it came. */
export interface ChainAudit extends ChainHead {
  readonly links: number;
  /** Up to which sequence retention has removed the links; what is told of the chain begins behind it. */
  readonly prunedTo: number;
  /** Up to which sequence nothing is missing and each link is of the one before. */
  readonly contiguousTo: number;
  /** Sequences of which nothing, or not every part, is there; `to` is not included. In order. */
  readonly missing: readonly Range[];
  readonly broken: readonly BrokenLink[];
  /** What links say that they stored, and what is stored nowhere any more. */
  readonly lost: readonly LostRange[];
}

interface LinkName {
  readonly sequence: number;
  readonly part: string;
  readonly batchId: string;
}

/**
 * `two-batches`: another one claims the same place. `previous`: it is not of the link before. `hash`: its hash is not that
 * of what it says. `content`: the stored bytes are not those of its hash.
 */
export interface BrokenLink extends LinkName {
  readonly why: 'two-batches' | 'previous' | 'hash' | 'content';
}

export interface LostRange extends LinkName, Range {
  readonly stream: StreamId;
  readonly path: string;
}

/** Byte positions `from` (included) to `to` (not included) of a stream. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Null means any. */
export interface Query {
  readonly agent: string | null;
  readonly stream: StreamId | null;
  readonly source: string | null;
  readonly newest: Newest | null;
}

/** So many lines at most, and no more bytes of them than this; but one line, however long it is. */
export interface Newest {
  readonly lines: number;
  readonly bytes: number;
}

/** Small texts by kind and name: what the hub remembers beside lines. Synchronous; throws as `commit` rejects. */
export interface Notes {
  get(kind: string, name: string): string | null;
  list(kind: string): readonly { readonly name: string; readonly value: string }[];
  /** Null removes it. `full`: on the disk when it returns. */
  put(kind: string, name: string, note: { value: string | null; durability: 'normal' | 'full' }): void;
}

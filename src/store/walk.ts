/**
 * Blocks from the newest backwards, each line's range once: what is merged meanwhile may lie ahead of the place reached
 * and is then gone back for, as far as it was not given yet.
 */
import { subtract } from './range.ts';
import type { Range } from './store.ts';
import type { BlockRow, StreamRow, Tables } from './tables.ts';

export interface WalkScope {
  /** Null: of all. */
  readonly agent: string | null;
  readonly source: string | null;
  /** Blocks with nothing received from then on are left out, milliseconds since the epoch. */
  readonly sinceMs: number;
}

export interface WalkedBlock {
  readonly stream: StreamRow;
  /** Nothing that is given later was received after its `receivedAtMs`, but for what was merged meanwhile. */
  readonly block: BlockRow;
  readonly body: Uint8Array;
  /** Positions that were not given yet. */
  readonly wanted: readonly Range[];
}

const blocksAtOnce = 256;

/** Null now and then: whoever walks lets others go on there, also where no block is of interest. */
export function* walkBlocks(scope: WalkScope, tables: Tables): Generator<WalkedBlock | null> {
  const streams = new Map<number, StreamRow | null>();
  const given = new Map<number, readonly Range[]>();
  let before = { receivedAtMs: Number.MAX_SAFE_INTEGER, number: 0 };
  let merges = tables.merges;
  let ahead: BlockRow[] = [];

  const streamOfBlock = (block: BlockRow): StreamRow | null => {
    if (!streams.has(block.stream)) {
      const stream = tables.streamOrNull(block.stream);
      const asked =
        stream !== null &&
        (scope.agent === null || stream.agent === scope.agent) &&
        (scope.source === null || stream.source === scope.source);
      streams.set(block.stream, asked ? stream : null);
    }
    return streams.get(block.stream)!;
  };
  const walked = (block: BlockRow): WalkedBlock | null => {
    const stream = streamOfBlock(block);
    const earlier = given.get(block.stream) ?? [];
    const wanted = stream === null ? [] : subtract(block, earlier);
    const isThere =
      wanted.length > 0 && tables.blocksAfter(block.stream, block.from, 1)[0]?.number === block.number;
    // What retention has removed since it was listed may have left its number to another block.
    const body = isThere ? tables.body(block.number) : null;
    if (stream === null || body === null) return null;
    given.set(block.stream, withRange(earlier, block));
    return { stream, block, body, wanted };
  };
  const isPassed = (block: BlockRow) =>
    block.receivedAtMs > before.receivedAtMs ||
    (block.receivedAtMs === before.receivedAtMs && block.number >= before.number);

  for (;;) {
    if (tables.merges !== merges) {
      const merged = tables.mergedSince(merges);
      merges = tables.merges;
      // Numbers of blocks that are gone may be used again: what was listed is looked up once more.
      ahead = [];
      if (merged === null) before = { receivedAtMs: Number.MAX_SAFE_INTEGER, number: 0 };
      for (const range of merged ?? []) {
        for (const block of blocksWithin(range, tables)) {
          const found = isPassed(block) && block.receivedAtMs >= scope.sinceMs ? walked(block) : null;
          if (found !== null) yield found;
        }
      }
      continue;
    }
    const block = ahead.shift();
    if (block === undefined) {
      ahead = tables.blocksBefore(scope.agent, before, blocksAtOnce);
      if (ahead.length === 0) return;
      yield null;
      continue;
    }
    if (block.receivedAtMs < scope.sinceMs) return;
    before = block;
    const found = walked(block);
    if (found !== null) yield found;
  }
}

/** They are looked up one by one: the next may be merged while the one before is read. */
function* blocksWithin(range: Range & { readonly stream: number }, tables: Tables): Generator<BlockRow> {
  let position = range.from;
  while (position < range.to) {
    const block = tables.blocksAfter(range.stream, position, 1)[0];
    if (block === undefined || block.from >= range.to) return;
    yield block;
    position = block.to;
  }
}

/** Sorted, disjoint ranges and one more, those that touch joined. */
function withRange(ranges: readonly Range[], { from, to }: Range): Range[] {
  const apart = ranges.filter((range) => range.to < from || range.from > to);
  const near = ranges.filter((range) => range.to >= from && range.from <= to);
  const joined = {
    from: Math.min(from, ...near.map((range) => range.from)),
    to: Math.max(to, ...near.map((range) => range.to)),
  };
  return [...apart, joined].sort((left, right) => left.from - right.from);
}

/** What closed batches change in what is remembered of their streams. `streams` is kept up to date; the outbox commits. */
import type { StreamId, StreamRecord } from '../event/stream.ts';
import type { Work } from '../host/work.ts';
import { keepProofs, makeProof } from '../source/file/proof.ts';
import type { Change } from '../state/state.ts';
import type { Draft } from './batcher.ts';

/** Reading stands behind the batch now: the proofs of those positions, and the lines up to them. */
export function provedChanges(streams: Map<StreamId, StreamRecord>, draft: Draft, work: Work): Change[] {
  const changes: Change[] = [];
  for (const [stream, { position, tail, lines }] of draft.tails) {
    const record = streams.get(stream);
    if (record === undefined) continue;
    const proofs = keepProofs(record.proofs, makeProof(work, position, tail));
    const counted = record.lines === undefined ? {} : { lines: record.lines + lines };
    const next = { ...record, proofs, size: Math.max(record.size, position), ...counted };
    streams.set(stream, next);
    changes.push({ kind: 'stream', stream: next });
  }
  return changes;
}

/** How many lines a gap holds cannot be told any more, and so not how many its stream has. */
export function uncountedChanges(streams: Map<StreamId, StreamRecord>, stream: StreamId): Change[] {
  const record = streams.get(stream);
  if (record?.lines === undefined) return [];
  const { lines: _, ...rest } = record;
  streams.set(stream, rest);
  return [{ kind: 'stream', stream: rest }];
}

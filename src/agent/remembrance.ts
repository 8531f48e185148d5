/** What a source needs remembered, carried out on the state of one output. */
import type { StreamId, StreamRecord } from '../event/stream.ts';
import { printablePath } from '../host/disk.ts';
import type { Memory, Remembered } from '../source/source.ts';
import type { Change } from '../state/state.ts';
import type { Journal } from './journal.ts';
import type { Outbox } from './outbox.ts';

export function memoryOf(outbox: Outbox, journal: Journal, failed: (error: unknown) => void): Memory {
  return {
    remember(entries) {
      if (entries.length === 0) return;
      // A name that was sent and then lost with the power would be drawn anew, and its lines stored again under it.
      const durability = entries.some(({ start }) => start !== null) ? 'full' : 'normal';
      const changes = entries.flatMap((entry) => changesOf(outbox, entry));
      journal.commit(changes, durability).catch(failed);
    },
    proofs: (id) => outbox.streams.get(id)?.proofs ?? [],
    forget(ids) {
      const changes = ids.flatMap((id) => outbox.forget(id));
      journal.commit(changes, 'normal').catch(failed);
    },
    fleeting(id: StreamId) {
      outbox.fleeting(id).catch(failed);
    },
    edited(id: StreamId, position: number) {
      // Only a hub can show it.
      if (outbox.links.standing.last === null) return;
      const path = printablePath(outbox.streams.get(id)?.path ?? '');
      const detail = `the file was shortened or changed before byte ${position}, up to which it had been read`;
      const changes = outbox.links.events.add({
        kind: 'source-edited',
        stream: id,
        path: path || null,
        detail,
      });
      journal.commit(changes, 'normal').catch(failed);
    },
  };
}

function changesOf(outbox: Outbox, { stream, start }: Remembered): Change[] {
  const before = outbox.streams.get(stream.id);
  const { proofs, lines } = before ?? stream;
  // The source keeps the same object: ten thousand streams are remembered once and not twice.
  const same = proofs === stream.proofs && lines === stream.lines;
  const record = same ? stream : withLines({ ...stream, proofs }, lines);
  outbox.streams.set(stream.id, record);
  const changes: Change[] = [{ kind: 'stream', stream: record }];
  if (before !== undefined && outbox.links.standing.last !== null) {
    changes.push(...outbox.descriptions.changed(before, record));
  }
  if (start === null) return changes;
  const { output } = outbox;
  const marks = outbox.settlement.begin(stream.id, start.position);
  changes.push({ kind: 'cursor', cursor: { ...marks, output } });
  if (start.skipped > 0) {
    const add = {
      stream: stream.id,
      output,
      term: 'skipped',
      reason: '',
      bytes: start.skipped,
      lines: 0,
    } as const;
    outbox.totals.add(add);
    changes.push({ kind: 'ledger', add, atMs: stream.seenAtMs });
  }
  return changes;
}

function withLines({ lines: _, ...record }: StreamRecord, lines: number | undefined): StreamRecord {
  return lines === undefined ? record : { ...record, lines };
}

/**
 * The output that writes to standard output. A batch is acked when the operating system has taken it; whether the
 * reader at the other end of a pipe has, nobody can tell.
 */
import type { Output } from './output.ts';
import { nothingSetAside } from './output.ts';
import type { WrittenFormat } from './written-lines.ts';
import { writeLines, writtenLimits } from './written-lines.ts';

/** Takes bytes in order and resolves when they are written; rejects when nobody takes them any more. */
export type ByteSink = (bytes: Uint8Array) => Promise<void>;

export function openStdoutOutput(
  sink: ByteSink,
  options: { readonly format: WrittenFormat; readonly agentId: string },
): Output {
  return {
    limits: writtenLimits,
    connect: () => Promise.resolve(null),
    async send(batch, body) {
      const parts = writeLines(batch, body, options);
      try {
        for (const bytes of parts) await sink(bytes);
      } catch (error) {
        const reason = `cannot write to standard output: ${error instanceof Error ? error.message : String(error)}`;
        return { outcome: { kind: 'retry', cause: 'away', afterMs: null, reason }, ...nothingSetAside };
      }
      return { outcome: { kind: 'acked', records: batch.records, duplicates: 0 }, ...nothingSetAside };
    },
    heartbeat: () => Promise.resolve(null),
    close: () => Promise.resolve(),
  };
}

/**
 * How batches look in a file or on standard output.
 *
 * `ndjson`: one JSON object a record, the keys of the hub's export:
 *   {"agent","source","stream","from","to","text","read_at"}, and where it applies "raw" (base64 of a line that is not
 *   valid UTF-8, which stands as U+FFFD in "text") and "original_bytes" (length of a line that was cut, line end
 *   included). A gap is {"agent","source","stream","from","to","gap":"reason","read_at"}.
 * `lines`: the lines' own bytes, line ends included; a missing last line end is added. Gaps cannot be shown.
 */
import type { Batch, BatchBody, Segment } from '../event/batch.ts';
import { walkLines } from '../lines/ends.ts';
import { JsonWriter } from '../lines/json.ts';
import type { ProtocolLimits } from '../protocol/protocol.ts';

export type WrittenFormat = 'ndjson' | 'lines';

const LF = 0x0a;
const lineEnd = Uint8Array.of(LF);

/** Nothing is limited but the batch itself. */
export const writtenLimits: ProtocolLimits = {
  bodyBytesMax: null,
  envelopeBytes: 0,
  encodedBytes: (line) => line.length + 1,
};

export function writeLines(
  batch: Batch,
  body: BatchBody,
  { format, agentId }: { readonly format: WrittenFormat; readonly agentId: string },
): readonly Uint8Array[] {
  return format === 'lines' ? plainLines(body) : [jsonLines(batch, body, agentId)];
}

function plainLines(body: BatchBody): readonly Uint8Array[] {
  return body.flatMap((bytes) => {
    if (bytes.length === 0) return [];
    return bytes[bytes.length - 1] === LF ? [bytes] : [bytes, lineEnd];
  });
}

function jsonLines(batch: Batch, body: BatchBody, agentId: string): Uint8Array {
  const writer = new JsonWriter(batch.bytes + 192 * (batch.records + 1));
  for (const [index, segment] of batch.segments.entries()) {
    const head = headOf(segment, agentId);
    const readAt = `,"read_at":"${new Date(batch.readAtMs).toISOString()}"`;
    const write = (line: Uint8Array, from: number, to: number): void => {
      writer.text(`${head},"from":${from},"to":${to},"text":`);
      const valid = writer.line(line);
      writer.text(readAt);
      if (!valid) writer.text(`,"raw":"${Buffer.from(line).toString('base64')}"`);
      if (segment.kind === 'cut') writer.text(`,"original_bytes":${to - from}`);
      writer.text('}\n');
    };
    writeSegment(segment, body[index]!, write);
    if (segment.kind === 'gap') {
      const { from, to, reason } = segment;
      writer.text(`${head},"from":${from},"to":${to},"gap":${JSON.stringify(reason)}${readAt}}\n`);
    }
  }
  return writer.written();
}

function writeSegment(
  segment: Segment,
  body: Uint8Array,
  write: (line: Uint8Array, from: number, to: number) => void,
): void {
  switch (segment.kind) {
    case 'gap':
    case 'filtered':
      return;
    case 'cut':
      write(body, segment.from, segment.to);
      return;
    case 'lines': {
      let from = segment.from;
      walkLines(body, (line, end) => {
        write(line, from, segment.from + end);
        from = segment.from + end;
        return true;
      });
    }
  }
}

function headOf(segment: Segment, agentId: string): string {
  const source = segment.path.slice(segment.path.lastIndexOf('/') + 1);
  const described = { agent: agentId, source, stream: segment.stream };
  return JSON.stringify(described).slice(0, -1);
}

/** A stored line as JSON, in one shape for the export, the newest lines and the live tail. */
import { decodeUtf8, isValidUtf8 } from '../lines/utf8.ts';
import type { Line, StreamHead } from '../store/store.ts';

/**
 * `from`, `to`: its bytes in the source, line end included. `raw`: base64 of the stored bytes where they are not
 * valid UTF-8; `text` has U+FFFD there. `cut`, `original_bytes`: a line over the agent's limit, of which only the
 * beginning is stored, and its length in the source.
 */
export function lineJson(stream: StreamHead, line: Line): Readonly<Record<string, unknown>> {
  return {
    id: `${stream.number}-${line.to}`,
    agent: stream.agent,
    source: stream.source,
    stream: stream.id,
    ...(stream.path === '' ? {} : { path: stream.path }),
    from: line.from,
    to: line.to,
    text: decodeUtf8(line.bytes),
    received_at: new Date(line.receivedAtMs).toISOString(),
    ...(isValidUtf8(line.bytes) ? {} : { raw: Buffer.from(line.bytes).toString('base64') }),
    ...(line.cut ? { cut: true, original_bytes: line.to - line.from } : {}),
  };
}

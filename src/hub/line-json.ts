/** A stored line as JSON, in one shape for the export, the newest lines and the live tail. */
import { decodeUtf8, isValidUtf8 } from '../lines/utf8.ts';
import { type Level, levelOf } from '../query/level.ts';
import type { Line, StreamHead } from '../store/store.ts';

/**
 * `from`, `to`: its bytes in the source, line end included. `raw`: base64 of the stored bytes where they are not
 * valid UTF-8; `text` has U+FFFD there. `cut`, `original_bytes`: a line over the agent's limit, of which only the
 * beginning is stored, and its length in the source.
 */
/** What is undefined is left out of the JSON. */
export interface LineJson {
  readonly id: string;
  readonly agent: string;
  readonly source: string;
  readonly stream: string;
  readonly path: string | undefined;
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly received_at: string;
  readonly raw: string | undefined;
  readonly cut: true | undefined;
  readonly original_bytes: number | undefined;
}

export function lineJson(stream: StreamHead, line: Line): LineJson {
  const valid = isValidUtf8(line.bytes);
  // One literal without spreads, which cost thirty times as much: there is one for each line of an export.
  return {
    id: `${stream.number}-${line.to}`,
    agent: stream.agent,
    source: stream.source,
    stream: stream.id,
    path: stream.path === '' ? undefined : stream.path,
    from: line.from,
    to: line.to,
    text: decodeUtf8(line.bytes),
    received_at: timeOf(line.receivedAtMs),
    raw: valid ? undefined : Buffer.from(line.bytes).toString('base64'),
    cut: line.cut ? true : undefined,
    original_bytes: line.cut ? line.to - line.from : undefined,
  };
}

/** A line that a search has found. */
export interface FoundJson extends LineJson {
  readonly level: Level | undefined;
}

export function foundJson({ stream, line }: { readonly stream: StreamHead; readonly line: Line }): FoundJson {
  const shown = lineJson(stream, line);
  return { ...shown, level: levelOf(shown.text) ?? undefined };
}

/** Of the last time that was asked for: lines received together have the same, and writing it is a tenth of an export. */
let known = { ms: 0, text: new Date(0).toISOString() };

function timeOf(ms: number): string {
  if (ms !== known.ms) known = { ms, text: new Date(ms).toISOString() };
  return known.text;
}

/** One line of the tail, and the drawing of hostile text: text nodes only, symbols set apart. */
import { useMemo, useState } from 'preact/hooks';
import { hueClass } from './colour.ts';
import { formatBytes, formatClock, formatCount, formatInstant } from './format.ts';
import { headOf, matches, type Piece, piecesOf, visibleText } from './line-text.ts';
import type { TailEntry, TailLine, TailNote } from './tail-buffer.ts';
import type { WindowChunk } from './tail-window.ts';

/** Characters of a line shown at first, and how many more at each request: a line of only symbols stays quick. */
const headCharacters = 1_000;
const stepCharacters = 20_000;

/** What all rows share. A new object draws all of them again. */
export interface RowContext {
  readonly pattern: RegExp | null;
  /** The host name of an agent's id. */
  readonly nameOf: (agent: string) => string;
  /** For the date of lines that are not of today. */
  readonly nowMs: number;
  /** Something was opened that must stay in view. */
  readonly onOpen: () => void;
}

/** Given the same chunk it returns the same tree, which is not compared again: only new lines cost anything. */
export function Chunk({ chunk, context }: { readonly chunk: WindowChunk; readonly context: RowContext }) {
  return useMemo(
    () => (
      <div class="chunk">
        {chunk.entries.map((entry) => (
          <Row key={entry.key} entry={entry} context={context} />
        ))}
      </div>
    ),
    [chunk, context],
  );
}

function Row({ entry, context }: { readonly entry: TailEntry; readonly context: RowContext }) {
  return useMemo(
    () =>
      entry.kind === 'note' ? (
        <div class="note-row">{noteText(entry.note)}</div>
      ) : (
        <LineRow line={entry.line} context={context} />
      ),
    [entry, context],
  );
}

export function LineRow({ line, context }: { readonly line: TailLine; readonly context: RowContext }) {
  return (
    <div class="line">
      <time class="when" title={`Stored at ${formatInstant(line.receivedAtMs)}`}>
        {formatClock(line.receivedAtMs, context.nowMs)}
      </time>
      <span class={`agent ${hueClass(line.agent)}`} title={`Agent ${line.agent}`}>
        <Plain text={context.nameOf(line.agent)} />
      </span>
      <span class={`source ${hueClass(line.path || line.source)}`} title={line.path || line.source}>
        <Plain text={line.source} />
      </span>
      <LineText line={line} context={context} />
    </div>
  );
}

function LineText({ line, context }: { readonly line: TailLine; readonly context: RowContext }) {
  const { text } = line;
  const [characters, setCharacters] = useState(headCharacters);
  const shown = headOf(text, characters);
  const visible = visibleText(shown);
  const { pattern } = context;
  const further = shown.length < text.length && pattern !== null && !matches(visible.text, pattern);
  return (
    <span class="text">
      <Pieces pieces={piecesOf(visible, pattern)} />
      {text.length > headCharacters && (
        <button
          type="button"
          class="more"
          aria-expanded={characters > headCharacters}
          onClick={() => {
            context.onOpen();
            setCharacters(shown.length < text.length ? characters + stepCharacters : headCharacters);
          }}
        >
          {moreLabel(shown.length, text.length)}
          {further && ' (the match is further on)'}
        </button>
      )}
      {line.cutOfBytes !== null && (
        <span class="remark">cut by the agent, {formatBytes(line.cutOfBytes)} in the file</span>
      )}
      {!line.validUtf8 && <span class="remark">not UTF-8</span>}
    </span>
  );
}

function moreLabel(shown: number, all: number): string {
  if (shown === all) return 'Show less';
  if (all - shown <= stepCharacters) return `… show all ${formatCount(all)} characters`;
  return `… show ${formatCount(stepCharacters)} more of ${formatCount(all)} characters`;
}

/** A name that came from outside. */
export function Plain({ text }: { readonly text: string }) {
  return <Pieces pieces={piecesOf(visibleText(text), null)} />;
}

function Pieces({ pieces }: { readonly pieces: readonly Piece[] }) {
  return (
    <>
      {pieces.map((piece) => {
        const inner = piece.symbol ? <span class="symbol">{piece.text}</span> : piece.text;
        return piece.match ? <mark>{inner}</mark> : inner;
      })}
    </>
  );
}

function noteText(note: TailNote): string {
  const count = note.count === null ? 'Some' : formatCount(note.count);
  const lines = note.count === 1 ? 'line' : 'lines';
  switch (note.reason) {
    case 'too-fast':
      return `${count} ${lines} came too fast to be shown here; all are stored`;
    case 'while-away':
      return 'More lines came while the page was not connected than it fetches; all are stored';
    case 'while-paused':
      return `${count} ${lines} came while paused and are no longer held here; all are stored`;
  }
}

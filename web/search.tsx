/** What a query finds among all stored lines, the newest first; older ones as they are asked for. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { exportAddress, fetchFound, type Trouble } from './api.ts';
import { Dialog } from './dialog.tsx';
import { formatCount } from './format.ts';
import { LineRow, Plain, type RowContext } from './line-row.tsx';
import { wordsPattern } from './line-text.ts';
import type { TailLine } from './tail-buffer.ts';
import type { FoundPage } from './wire.ts';

export interface SearchScope {
  readonly query: string;
  /** Null: of all. */
  readonly agent: string | null;
}

export function Search(
  props: SearchScope & {
    readonly nameOf: (agent: string) => string;
    readonly onClose: () => void;
    readonly onSignedOut: () => void;
  },
) {
  const { query, agent, nameOf } = props;
  const found = useFound({ query, agent }, props.onSignedOut);
  const context: RowContext = useMemo(
    () => ({ pattern: wordsPattern(query), nameOf, nowMs: Date.now(), onOpen: () => undefined }),
    [query, nameOf],
  );
  const title = (
    <>
      Stored lines for <Plain text={query} />
    </>
  );
  return (
    <Dialog name="search" title={title} closeLabel="Close" onClose={props.onClose}>
      {found.notes.map((note) => (
        <p key={note.at} class="muted">
          <Plain text={query.slice(note.at, note.to)} />: {note.message}
        </p>
      ))}
      <section class="lines wrap found-lines" aria-label="Lines found, newest first">
        {found.lines.map((line) => (
          <LineRow key={line.id} line={line} context={context} />
        ))}
      </section>
      {found.trouble !== null && (
        <p class="trouble" role="alert">
          <strong>{found.trouble.what}</strong> {found.trouble.fix}
        </p>
      )}
      <p class="muted" role="status">
        {statusText(found)}{' '}
        {found.more !== null && (
          <button type="button" class="more" onClick={found.more}>
            Look further back
          </button>
        )}
      </p>
      <p class="muted">
        Download what is found:{' '}
        {(['text', 'ndjson', 'csv'] as const).map((format) => (
          <a key={format} class="more" href={exportAddress({ query, agent }, format)} download>
            {format}
          </a>
        ))}
      </p>
    </Dialog>
  );
}

interface Found {
  readonly lines: readonly TailLine[];
  readonly notes: FoundPage['notes'];
  readonly asking: boolean;
  readonly trouble: Trouble | null;
  /** Asks for older ones; null when there are none, or the hub is asked already. */
  readonly more: (() => void) | null;
}

/** Asks until there is a line or nothing more; what is under way ends with the dialog. */
function useFound({ query, agent }: SearchScope, onSignedOut: () => void): Found {
  const [lines, setLines] = useState<readonly TailLine[]>([]);
  const [notes, setNotes] = useState<FoundPage['notes']>([]);
  const [next, setNext] = useState<string | null>(null);
  const [asking, setAsking] = useState(true);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const closing = useRef(new AbortController());

  const ask = async (from: string | null, signal: AbortSignal) => {
    setAsking(true);
    setTrouble(null);
    let cursor = from;
    do {
      const answer = await fetchFound({ query, agent }, { cursor, signal });
      if (signal.aborted) return;
      if (answer.kind === 'signed-out') return onSignedOut();
      if (answer.kind === 'failed') {
        setTrouble(answer.trouble);
        break;
      }
      const { value } = answer;
      setNotes(value.notes);
      setLines((before) => [...before, ...value.lines]);
      cursor = value.next;
      if (value.lines.length > 0) break;
    } while (cursor !== null);
    setNext(cursor);
    setAsking(false);
  };
  useEffect(() => {
    closing.current = new AbortController();
    setLines([]);
    void ask(null, closing.current.signal);
    return () => closing.current.abort();
  }, [query, agent]);
  const more =
    asking || (next === null && trouble === null) ? null : () => void ask(next, closing.current.signal);
  return { lines, notes, asking, trouble, more };
}

function statusText({ lines, asking, more }: Found): string {
  const count = `${formatCount(lines.length)} ${lines.length === 1 ? 'line' : 'lines'}`;
  if (asking) return `${count}, looking …`;
  if (more !== null) return `${count} so far.`;
  return lines.length === 0 ? 'No stored line is like that.' : `${count}, that is all.`;
}

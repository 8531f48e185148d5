/**
 * The live tail: draws the buffer once a frame at most, follows the newest line, and stands still when the reader
 * scrolls up or pauses. Standing still means that nothing moves: what arrives waits in the buffer and is counted.
 */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatCount } from './format.ts';
import { Icon, IconButton } from './icon.tsx';
import { Chunk, type RowContext } from './line-row.tsx';
import { filterPattern } from './line-text.ts';
import { TailEmpty } from './tail-empty.tsx';
import { FeedStatus } from './tail-status.tsx';
import { emptyWindowCache, rowsFor, rowsMax, type TailWindow, windowOf } from './tail-window.ts';
import { useTail } from './use-tail.ts';

/** What the page's keys do here. */
export interface TailControls {
  filter(): void;
  pause(): void;
  newest(): void;
  /** True when there was a filter to clear. */
  clearFilter(): boolean;
}

/** Closer to the end than this counts as being there, pixels. */
const endPixels = 24;

export function Tail(props: {
  readonly agent: string | null;
  readonly nameOf: (agent: string) => string;
  /** False when there is nobody whose lines could come. */
  readonly expected: boolean;
  readonly wrap: boolean;
  readonly onWrap: () => void;
  /** Looks at all stored lines. */
  readonly onSearch: (query: string) => void;
  readonly onAllAgents: () => void;
  readonly onSignedOut: () => void;
  readonly controls: { current: TailControls | null };
}) {
  const { agent, nameOf } = props;
  const [filter, setFilter] = useState('');
  const tail = useTail(agent, props.onSignedOut);
  const { buffer, motion, setMotion } = tail;
  const pattern = useMemo(() => filterPattern(filter), [filter]);
  const cache = useRef(emptyWindowCache());
  const rows = rowsFor({ following: motion === 'following', linesPerSecond: tail.rate });
  const view = windowOf(buffer.chunks, { pattern, cache: cache.current, rowsMax: rows });
  const scroller = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const today = new Date().toDateString();
  // `today` is not read: a new day draws the dates anew.
  const context: RowContext = useMemo(
    () => ({
      pattern,
      nameOf,
      nowMs: Date.now(),
      onOpen: () => setMotion((now) => (now === 'following' ? 'held' : now)),
    }),
    [pattern, nameOf, setMotion, today],
  );

  const toEnd = () => {
    const box = scroller.current;
    if (box !== null) box.scrollTop = box.scrollHeight;
  };
  useLayoutEffect(() => {
    if (motion === 'following') toEnd();
  });
  useStillView(scroller, { rows, still: motion !== 'following' });
  useEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const resized = new ResizeObserver(() => {
      if (tail.motionNow() === 'following') toEnd();
    });
    resized.observe(box);
    return () => resized.disconnect();
  }, [tail.motionNow]);

  const scrolled = () => {
    const box = scroller.current;
    if (box === null) return;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < endPixels;
    setMotion((now) =>
      now === 'following' && !atEnd ? 'held' : now === 'held' && atEnd ? 'following' : now,
    );
  };
  const newest = () => setMotion(() => 'following');
  const pause = () => setMotion((now) => (now === 'paused' ? 'following' : 'paused'));
  props.controls.current = {
    filter: () => field.current?.focus(),
    pause,
    newest,
    clearFilter: () => {
      setFilter('');
      return filter !== '';
    },
  };

  return (
    <section class="tail" aria-label="Live tail">
      <div class="toolbar">
        <FeedStatus state={tail.state} rate={tail.rate} motion={motion} onRetry={tail.retryNow} />
        {agent !== null && (
          <button type="button" class="chip" onClick={props.onAllAgents} title="Show all agents (Esc)">
            only {nameOf(agent)} <Icon name="cross" />
          </button>
        )}
        <label class="filter">
          <Icon name="search" />
          <input
            ref={field}
            type="search"
            placeholder="Filter; Enter searches all  /"
            aria-label="Filter the lines by text"
            aria-keyshortcuts="/"
            value={filter}
            spellcheck={false}
            autocapitalize="off"
            autocomplete="off"
            onInput={(event) => setFilter(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Escape' && event.key !== 'Enter') return;
              if (event.key === 'Escape') setFilter('');
              event.preventDefault();
              scroller.current?.focus();
              if (event.key === 'Enter' && filter.trim() !== '') props.onSearch(filter.trim());
            }}
          />
        </label>
        <span class="shown" title="Older lines are dropped from this page only; the hub keeps them">
          {shownText(view, { filtered: pattern !== null, held: buffer.lines })}
        </span>
        <span class="buttons">
          <IconButton
            icon={motion === 'paused' ? 'play' : 'pause'}
            label={motion === 'paused' ? 'Go on' : 'Pause'}
            shortcut="Space"
            pressed={motion === 'paused'}
            onClick={pause}
          />
          <IconButton
            icon="wrap"
            label="Wrap long lines"
            shortcut="w"
            pressed={props.wrap}
            onClick={props.onWrap}
          />
          <IconButton icon="clear" label="Clear this view" onClick={tail.clear} />
        </span>
      </div>
      <div class="lines-box">
        <div
          ref={scroller}
          class={`lines ${props.wrap ? 'wrap' : 'no-wrap'} ${agent === null ? '' : 'one-agent'}`}
          role="log"
          aria-live="off"
          aria-label="Log lines, newest last"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys must be able to scroll it
          tabIndex={0}
          onScroll={scrolled}
          onWheel={(event) => {
            if (event.deltaY < 0 && scroller.current!.scrollTop > 0) scrolled();
          }}
        >
          {view.chunks.map((chunk) => (
            <Chunk key={chunk.key} chunk={chunk} context={context} />
          ))}
          {view.lines === 0 && (
            <TailEmpty
              loading={tail.state.kind === 'connecting'}
              filter={pattern === null ? null : filter.trim()}
              held={buffer.lines}
              expected={props.expected}
              host={agent === null ? null : nameOf(agent)}
              onClearFilter={() => setFilter('')}
              onSearch={() => props.onSearch(filter.trim())}
            />
          )}
        </div>
        {motion !== 'following' && (
          <button type="button" class="newest" onClick={newest} aria-keyshortcuts="g">
            <Icon name="down" />
            {motion === 'paused' ? 'Paused' : 'Newest'}
            {buffer.arrivedWhileHeld > 0 && ` · ${formatCount(buffer.arrivedWhileHeld)} new`}
          </button>
        )}
      </div>
    </section>
  );
}

/** When older rows are added above a view that stands still, what the reader looks at stays where it is. */
function useStillView(
  scroller: { readonly current: HTMLDivElement | null },
  view: { readonly rows: number; readonly still: boolean },
): void {
  const before = useRef({ rows: view.rows, heightPixels: 0 });
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const { rows, heightPixels } = before.current;
    if (view.still && rows < view.rows) box.scrollTop += box.scrollHeight - heightPixels;
    before.current = { rows: view.rows, heightPixels: box.scrollHeight };
  });
}

function shownText(view: TailWindow, options: { readonly filtered: boolean; readonly held: number }): string {
  const { filtered, held } = options;
  if (!filtered) return `${formatCount(view.lines)} ${view.lines === 1 ? 'line' : 'lines'}`;
  return `${formatCount(view.lines)}${view.lines >= rowsMax ? '+' : ''} of ${formatCount(held)}`;
}

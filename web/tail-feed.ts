/**
 * The live tail's connection. Reconnects by itself and says so; after each (re)connection it fetches the newest stored
 * lines, holding what arrives meanwhile, so that the buffer sees: stored lines first, then live ones, each id once.
 */
import { fetchLines, openTail, type Refusal, type Trouble } from './api.ts';
import { eventReader, type ServerEvent } from './event-stream.ts';
import { parseJson } from './json.ts';
import type { TailBuffer, TailLine } from './tail-buffer.ts';
import { readLine, readSkipped } from './wire.ts';

export type FeedState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'waiting'; readonly trouble: Trouble };

export interface FeedListener {
  /** The buffer changed; may come hundreds of times a second. `liveLines`: how many of its new lines came live. */
  changed(liveLines: number): void;
  state(state: FeedState): void;
  signedOut(): void;
}

/** Newest lines fetched at each connection. */
const backlogLines = 1_000;
/** Live lines held while the stored ones are being fetched; over it the oldest of them go. */
const heldLinesMax = 10_000;
/** The hub gives a sign of life every 15 s; after so long without one the connection is dead, whatever it looks like. */
const silenceMaxMs = 45_000;
const retryMinMs = 500;
const retryMaxMs = 10_000;

const interrupted: Trouble = { what: 'The live tail was interrupted.', fix: 'It connects again by itself.' };

/** Follows all agents (null) or one, until `close` is called. */
export class TailFeed {
  readonly #agent: string | null;
  readonly #buffer: TailBuffer;
  readonly #listener: FeedListener;
  readonly #closing = new AbortController();
  #failures = 0;
  #endWait: () => void = () => undefined;

  constructor(agent: string | null, options: { buffer: TailBuffer; listener: FeedListener }) {
    this.#agent = agent;
    this.#buffer = options.buffer;
    this.#listener = options.listener;
  }

  open(): void {
    window.addEventListener('online', this.retryNow, { signal: this.#closing.signal });
    void this.#run(this.#closing.signal);
  }

  close(): void {
    this.#closing.abort();
    this.#endWait();
  }

  /** Ends the wait before the next attempt. */
  readonly retryNow = (): void => this.#endWait();

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#listener.state({ kind: 'connecting' });
      const end = await this.#follow(signal);
      if (signal.aborted) return;
      if (end.kind === 'signed-out') return this.#listener.signedOut();
      this.#listener.state({ kind: 'waiting', trouble: end.trouble });
      await this.#wait(Math.min(retryMaxMs, retryMinMs * 2 ** this.#failures++));
    }
  }

  /** One connection, from its beginning to its end. */
  async #follow(signal: AbortSignal): Promise<Refusal> {
    const connection = new AbortController();
    const either = AbortSignal.any([signal, connection.signal]);
    const opened = await openTail(this.#agent, either);
    if (opened.kind !== 'ok') return opened;
    let held: TailLine[] | null = [];
    let end: Refusal = { kind: 'failed', trouble: interrupted, retryAfterMs: null };
    const catchUp = async () => {
      const stored = await fetchLines(this.#agent, backlogLines);
      if (either.aborted) return;
      if (stored.kind !== 'ok') {
        end = stored;
        return connection.abort();
      }
      this.#buffer.catchUp(stored.value);
      this.#buffer.add(held ?? []);
      held = null;
      this.#failures = 0;
      this.#listener.state({ kind: 'live' });
      this.#listener.changed(0);
    };
    const caughtUp = catchUp();
    let silence = setTimeout(() => connection.abort(), silenceMaxMs);
    try {
      const read = eventReader();
      for await (const piece of piecesOf(opened.value)) {
        clearTimeout(silence);
        silence = setTimeout(() => connection.abort(), silenceMaxMs);
        const lines = this.#linesOf(read(piece));
        if (held === null) this.#listener.changed(this.#buffer.add(lines));
        else held = [...held, ...lines].slice(-heldLinesMax);
      }
    } catch {
      // The connection broke: `end` says so already.
    }
    clearTimeout(silence);
    connection.abort();
    await caughtUp;
    return end;
  }

  #linesOf(events: readonly ServerEvent[]): TailLine[] {
    const lines: TailLine[] = [];
    for (const event of events) {
      const value = parseJson(event.data);
      if (event.name === 'skipped') this.#buffer.note({ reason: 'too-fast', count: readSkipped(value) });
      const line = event.name === 'line' ? readLine(value) : null;
      if (line !== null) lines.push(line);
    }
    return lines;
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, waitMs);
      this.#endWait = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}

async function* piecesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield decoder.decode(value, { stream: true });
  }
}

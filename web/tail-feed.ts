/**
 * The live tail's connection. Reconnects by itself and says so; after each (re)connection it fetches the newest stored
 * lines, holding what arrives meanwhile, so that the buffer sees: stored lines first, then live ones, each id once.
 */
import { checkSession, fetchLines, type Trouble, tailAddress } from './api.ts';
import type { TailBuffer, TailLine } from './tail-buffer.ts';
import { parseJson, readLine, readSkipped } from './wire.ts';

export type FeedState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'waiting'; readonly retryAtMs: number; readonly trouble: Trouble };

export interface FeedListener {
  /** The buffer changed; may come thousands of times a second. `liveLines`: how many of its new lines came live. */
  changed(liveLines: number): void;
  state(state: FeedState): void;
  signedOut(): void;
}

/** Newest lines fetched at each connection. */
const backlogLines = 1_000;
/** Live lines held while the stored ones are being fetched; over it the oldest of them go. */
const heldLinesMax = 5_000;
const retryMinMs = 500;
const retryMaxMs = 10_000;

/** Follows all agents (null) or one, until `close` is called. */
export class TailFeed {
  readonly #agent: string | null;
  readonly #buffer: TailBuffer;
  readonly #listener: FeedListener;
  #events: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #failures = 0;
  #closed = false;

  constructor(agent: string | null, options: { buffer: TailBuffer; listener: FeedListener }) {
    this.#agent = agent;
    this.#buffer = options.buffer;
    this.#listener = options.listener;
  }

  open(): void {
    window.addEventListener('online', this.retryNow);
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    window.removeEventListener('online', this.retryNow);
    this.#disconnect();
  }

  readonly retryNow = (): void => {
    if (!this.#closed && this.#timer !== null) this.#connect();
  };

  #connect(): void {
    this.#disconnect();
    this.#listener.state({ kind: 'connecting' });
    const events = new EventSource(tailAddress(this.#agent));
    this.#events = events;
    let held: TailLine[] | null = [];
    events.addEventListener('open', () => {
      void this.#fetchStored(events).then((fetched) => {
        if (!fetched || held === null) return;
        const early = held;
        held = null;
        this.#add(early);
      });
    });
    events.addEventListener('line', (event: MessageEvent<string>) => {
      const line = readLine(parseJson(event.data));
      if (line === null) return;
      if (held === null) return this.#add([line]);
      held.push(line);
      if (held.length > heldLinesMax) held.shift();
    });
    events.addEventListener('skipped', (event: MessageEvent<string>) => {
      this.#buffer.note({ reason: 'too-fast', count: readSkipped(parseJson(event.data)) });
      this.#listener.changed(0);
    });
    events.addEventListener('error', () => void this.#failed(events));
  }

  /** False when the connection is no longer the current one, or the lines could not be had. */
  async #fetchStored(events: EventSource): Promise<boolean> {
    const answer = await fetchLines(this.#agent, backlogLines);
    if (events !== this.#events) return false;
    if (answer.kind === 'signed-out') {
      this.#listener.signedOut();
      return false;
    }
    if (answer.kind === 'failed') {
      this.#waitAndRetry(answer.trouble);
      return false;
    }
    this.#failures = 0;
    this.#listener.state({ kind: 'live' });
    const complete = answer.value.length < backlogLines;
    this.#buffer.catchUp(answer.value, { complete });
    this.#listener.changed(0);
    return true;
  }

  #add(lines: readonly TailLine[]): void {
    const added = this.#buffer.add(lines);
    if (added > 0) this.#listener.changed(added);
  }

  /** An EventSource does not tell why it failed: asking for the session tells a lost log-in from a lost hub. */
  async #failed(events: EventSource): Promise<void> {
    events.close();
    if (events !== this.#events) return;
    const session = await checkSession();
    if (events !== this.#events) return;
    if (session.kind === 'signed-out') return this.#listener.signedOut();
    this.#waitAndRetry(
      session.kind === 'failed'
        ? session.trouble
        : { what: 'The live tail was interrupted.', fix: 'It connects again by itself.' },
    );
  }

  #waitAndRetry(trouble: Trouble): void {
    this.#disconnect();
    const waitMs = Math.min(retryMaxMs, retryMinMs * 2 ** this.#failures++);
    this.#timer = setTimeout(() => this.#connect(), waitMs);
    this.#listener.state({ kind: 'waiting', retryAtMs: Date.now() + waitMs, trouble });
  }

  #disconnect(): void {
    this.#events?.close();
    this.#events = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

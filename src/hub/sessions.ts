/**
 * Log-ins of the page. A session is a random token in a cookie; the hub keeps its SHA-256 and when it ends. Sessions
 * outlive a restart, and end with the key under which they began.
 *
 * After a wrong key the same address must wait, twice as long after each further one.
 */
import type { Clock } from '../host/clock.ts';
import type { Random } from '../host/random.ts';
import type { Work } from '../host/work.ts';
import type { Notes } from '../store/store.ts';
import type { Keys } from './keys.ts';

const sessionMs = 30 * 24 * 3600 * 1000;
/** Over it the session that ends first is ended. */
const sessionsMax = 1000;
const waitMinMs = 500;
const waitMaxMs = 30_000;
/** Addresses with failures that are remembered; over it the oldest is forgotten. */
const addressesMax = 10_000;

export interface SessionMachine {
  readonly clock: Clock;
  readonly random: Random;
  readonly work: Work;
  readonly notes: Notes;
}

export class Sessions {
  readonly #keys: Keys;
  readonly #machine: SessionMachine;
  /** By the token's hash, in the order of their end. */
  readonly #endsAtMs = new Map<string, number>();
  readonly #failures = new Map<string, { count: number; untilMs: number }>();

  constructor(keys: Keys, machine: SessionMachine) {
    this.#keys = keys;
    this.#machine = machine;
    const kept = machine.notes.list('session').map(({ name, value }) => ({ name, ...readNote(value) }));
    for (const { name, keyHash, endsAtMs } of kept.sort((a, b) => a.endsAtMs - b.endsAtMs)) {
      if (keyHash === keys.hash && endsAtMs > machine.clock.now()) this.#endsAtMs.set(name, endsAtMs);
      else this.#keep(name, null);
    }
  }

  /** How long an address must wait before its next attempt, milliseconds; 0: not at all. */
  waitMs(address: string): number {
    const failure = this.#failures.get(address);
    return failure === undefined ? 0 : Math.max(0, failure.untilMs - this.#machine.clock.monotonicMs());
  }

  /** The token of a new session; null for a wrong key. The caller has asked `waitMs` before. */
  begin(key: string, address: string): { readonly token: string; readonly seconds: number } | null {
    if (!this.#keys.fits(key)) {
      this.#failed(address);
      return null;
    }
    this.#failures.delete(address);
    const token = Buffer.from(this.#machine.random.bytes(32)).toString('base64url');
    const name = this.#machine.work.sha256([token]);
    const endsAtMs = this.#machine.clock.now() + sessionMs;
    for (const oldest of this.#endsAtMs.keys()) {
      if (this.#endsAtMs.size < sessionsMax) break;
      this.#remove(oldest);
    }
    this.#endsAtMs.set(name, endsAtMs);
    this.#keep(name, JSON.stringify({ keyHash: this.#keys.hash, endsAtMs }));
    return { token, seconds: sessionMs / 1000 };
  }

  holds(token: string): boolean {
    const name = this.#machine.work.sha256([token]);
    const endsAtMs = this.#endsAtMs.get(name);
    if (endsAtMs === undefined) return false;
    if (endsAtMs > this.#machine.clock.now()) return true;
    this.#remove(name);
    return false;
  }

  end(token: string): void {
    this.#remove(this.#machine.work.sha256([token]));
  }

  #failed(address: string): void {
    const count = (this.#failures.get(address)?.count ?? 0) + 1;
    this.#failures.delete(address);
    const waitMs = Math.min(waitMaxMs, waitMinMs * 2 ** Math.min(count - 1, 16));
    this.#failures.set(address, { count, untilMs: this.#machine.clock.monotonicMs() + waitMs });
    const oldest = this.#failures.keys().next().value;
    if (this.#failures.size > addressesMax && oldest !== undefined) this.#failures.delete(oldest);
  }

  #remove(name: string): void {
    if (this.#endsAtMs.delete(name)) this.#keep(name, null);
  }

  /** A session that a full disk does not take lasts until the hub stops. */
  #keep(name: string, value: string | null): void {
    try {
      this.#machine.notes.put('session', name, { value, durability: 'normal' });
    } catch {
      return;
    }
  }
}

function readNote(value: string): { keyHash: string; endsAtMs: number } {
  const { keyHash, endsAtMs } = JSON.parse(value) as { keyHash: unknown; endsAtMs: unknown };
  return { keyHash: String(keyHash), endsAtMs: Number(endsAtMs) };
}

/** What each agent sent in each of the last 24 hours, in memory; `fleet.ts` keeps it. */

export interface Hour {
  /** Hours since the epoch. */
  readonly hour: number;
  readonly lines: number;
  readonly bytes: number;
}

export const hourMs = 3_600_000;
export const hoursKept = 24;

export class Hours {
  /** Only hours in which something came, the oldest first. */
  readonly #byAgent = new Map<string, readonly Hour[]>();

  add(agent: string, { lines, bytes }: Pick<Hour, 'lines' | 'bytes'>, nowMs: number): void {
    if (lines === 0) return;
    const hour = hourOf(nowMs);
    const before = this.of(agent, nowMs);
    const last = before.at(-1);
    // A clock that was set back counts for the newest hour that is known.
    if (last !== undefined && last.hour >= hour) {
      const grown = { hour: last.hour, lines: last.lines + lines, bytes: last.bytes + bytes };
      this.#byAgent.set(agent, [...before.slice(0, -1), grown]);
    } else this.#byAgent.set(agent, [...before, { hour, lines, bytes }]);
  }

  of(agent: string, nowMs: number): readonly Hour[] {
    const first = hourOf(nowMs) - hoursKept + 1;
    return (this.#byAgent.get(agent) ?? []).filter(({ hour }) => hour >= first);
  }

  put(agent: string, hours: readonly Hour[]): void {
    this.#byAgent.set(agent, hours);
  }

  delete(agent: string): void {
    this.#byAgent.delete(agent);
  }
}

export function hourOf(ms: number): number {
  return Math.floor(ms / hourMs);
}

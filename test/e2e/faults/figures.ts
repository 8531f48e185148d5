/** What a run of faults did and found, in counts. */

export class Figures {
  cycles = 0;
  /** Lines that had to arrive. */
  written = 0;
  missing = 0;
  repeated = 0;
  readonly #fired = new Map<string, number>();

  /** The fault has happened, and that was proved. */
  fired(kind: string, times = 1): void {
    this.#fired.set(kind, this.count(kind) + times);
  }

  /** All kinds together, or one. */
  count(kind?: string): number {
    if (kind !== undefined) return this.#fired.get(kind) ?? 0;
    return [...this.#fired.values()].reduce((sum, times) => sum + times, 0);
  }

  /** Such as `kill at pwrite64 12, kill at fsync 3`, the most frequent first. */
  get kinds(): string {
    return [...this.#fired]
      .sort(([, a], [, b]) => b - a)
      .map(([kind, times]) => `${kind} ${times}`)
      .join(', ');
  }
}

/** What agents said last of their streams, configuration and log: in memory, until they say it again. */
import type { Detail } from '../protocol/condition.ts';

/** Of all together, as JSON; over it the agent heard longest ago is forgotten. */
const bytesMax = 64 * 1024 * 1024;

export interface Told {
  readonly atMs: number;
  readonly detail: Detail;
}

export class Details {
  /** The agent heard last at the end. */
  readonly #byAgent = new Map<string, Told & { readonly bytes: number }>();
  #bytes = 0;

  get(agent: string): Told | null {
    return this.#byAgent.get(agent) ?? null;
  }

  put(agent: string, told: Told): void {
    this.delete(agent);
    const bytes = Buffer.byteLength(JSON.stringify(told.detail));
    this.#byAgent.set(agent, { ...told, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#byAgent.keys()) {
      if (this.#bytes <= bytesMax) break;
      this.delete(oldest);
    }
  }

  delete(agent: string): void {
    this.#bytes -= this.#byAgent.get(agent)?.bytes ?? 0;
    this.#byAgent.delete(agent);
  }
}

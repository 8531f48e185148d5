/** The budget of memory for lines on their way: what it is, and what it must hold. Bytes. */
import type { AgentSettings } from './agent.ts';

const leastBytes = 20 * 1024 * 1024;

/** The largest batch or line of these settings must fit so many times: read, encoded, and in flight. */
export const memoryShares = 4;

/** What may not be more than its share of the budget. */
export function largestBytes({ batch, sources }: Pick<AgentSettings, 'batch' | 'sources'>): number {
  return Math.max(batch.bytesMax, ...sources.map(({ lineBytesMax }) => lineBytesMax));
}

export function memoryBytesOf(settings: AgentSettings): number {
  return settings.limits?.memoryBytesMax ?? Math.max(leastBytes, memoryShares * largestBytes(settings));
}

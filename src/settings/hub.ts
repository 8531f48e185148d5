/** What a hub is told to do. */
export interface HubSettings {
  readonly dataDirectory: string;
  /** A key given on the command line or in the environment; null: the one generated at the first start. */
  readonly key: string | null;
  /** How much is kept of what no rule names; null: what was set over the API. */
  readonly keep: { readonly ageMs: number | null; readonly bytesMax: number | null } | null;
  /** A request body as it comes, bytes; over it 413. */
  readonly bodyBytesMax: number;
  /** A body after decompression, bytes; over it 413. */
  readonly expandedBytesMax: number;
  /** Seed B's three states: an agent with the usual interval that is silent for so long is idle, then offline. */
  readonly idleAfterMs: number;
  readonly offlineAfterMs: number;
}

/** From one heartbeat to the next, of agents of both kinds where nobody says otherwise, milliseconds. */
export const usualHeartbeatMs = 60_000;

/** The hub's numbers where nobody says otherwise. */
export const hubDefaults: Omit<HubSettings, 'dataDirectory' | 'key'> = {
  keep: null,
  bodyBytesMax: 16 * 1024 * 1024,
  expandedBytesMax: 48 * 1024 * 1024,
  // Two missed heartbeats are idle, five are offline.
  idleAfterMs: 150_000,
  offlineAfterMs: 330_000,
};

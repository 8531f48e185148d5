/** Asks the hub for its agents again and again while the page is looked at. One question at a time. */

import { useEffect, useState } from 'preact/hooks';
import type { FleetAgent } from './agent-wire.ts';
import { fetchAgents, type Trouble } from './api.ts';

export interface Fleet {
  /** Null until the first answer. The last known ones stay while the hub is away. */
  readonly agents: readonly FleetAgent[] | null;
  readonly trouble: Trouble | null;
  /** The hub's clock at the last answer, so that "2 s ago" is right where this machine's clock is not. */
  readonly hubTimeMs: number;
}

const pollMs = 3_000;

export function useFleet(onSignedOut: () => void): Fleet {
  const [fleet, setFleet] = useState<Fleet>({ agents: null, trouble: null, hubTimeMs: Date.now() });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    let closed = false;
    const poll = async () => {
      timer = null;
      const answer = await fetchAgents();
      if (closed) return;
      if (answer.kind === 'signed-out') return onSignedOut();
      if (answer.kind === 'ok') {
        setFleet({ agents: answer.value, trouble: null, hubTimeMs: answer.hubTimeMs ?? Date.now() });
      } else {
        setFleet((known) => ({ ...known, trouble: answer.trouble }));
      }
      if (!document.hidden) timer = setTimeout(() => void poll(), pollMs);
      else idle = true;
    };
    let idle = false;
    const shown = () => {
      if (document.hidden || !idle) return;
      idle = false;
      void poll();
    };
    document.addEventListener('visibilitychange', shown);
    void poll();
    return () => {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      document.removeEventListener('visibilitychange', shown);
    };
  }, [onSignedOut]);
  return fleet;
}

/** What a registration means for the chain: it goes on, or a new epoch begins (docs/protocol.md, Links and receipts). Pure. */
import type { Breaks, HubIdentity, LinkPlace, StatedLink } from '../event/chain.ts';

/** What an agent knows of its chain and its hub. */
export interface Own {
  /** As it was pinned; null before the first registration. */
  readonly hub: HubIdentity | null;
  /** The newest link that it gave; null before its first epoch. */
  readonly last: LinkPlace | null;
  /** What the hub surely had: by its receipts, or said by itself when the epoch began. */
  readonly proven: Proven | null;
}

export interface Proven {
  readonly epoch: string;
  /** All up to here. */
  readonly sequence: number;
  readonly highest: number;
}

/** What the hub says at a registration. */
export interface Said {
  readonly hub: HubIdentity;
  readonly link: StatedLink | null;
}

export type Course = { readonly kind: 'on' } | { readonly kind: 'new-epoch'; readonly breaks: Breaks | null };

const on: Course = { kind: 'on' };

/** `own` is what was known before the registration was asked for: receipts that came since prove nothing of its answer. */
export function courseOf(own: Own, { hub, link }: Said): Course {
  const { last, proven } = own;
  if (last === null) return begin(link === null ? null : leave(link, 'state-lost'));
  if (own.hub !== null && !sameHub(own.hub, hub)) return begin(leave(last, 'hub-changed'));
  if (link?.epoch === last.epoch && isAhead(link, last)) return begin(leave(link, 'state-lost'));
  return isBehind(link, proven) ? begin(leave(last, 'hub-went-back')) : on;
}

export function sameHub(one: HubIdentity, other: HubIdentity): boolean {
  return one.id === other.id && one.publicKey === other.publicKey;
}

/** The hub has links that the agent does not know to have given: its state is an older one. */
function isAhead(link: StatedLink, last: LinkPlace): boolean {
  return link.highest > last.sequence || (link.sequence === last.sequence && link.hash !== last.hash);
}

function isBehind(link: StatedLink | null, proven: Proven | null): boolean {
  if (proven === null) return false;
  if (link?.epoch !== proven.epoch) return true;
  return link.sequence < proven.sequence || link.highest < proven.highest;
}

function leave({ epoch, sequence, hash }: LinkPlace, reason: Breaks['reason']): Breaks {
  return { epoch, sequence, hash, reason };
}

function begin(breaks: Breaks | null): Course {
  return { kind: 'new-epoch', breaks };
}

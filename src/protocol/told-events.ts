/**
 * Events that an agent tells of in its heartbeat: "events":[{"id","kind","at","stream"?,"path"?,"detail"}…], `at` in
 * ISO 8601.
 */
import type { ToldEvent, ToldKind } from '../event/told-event.ts';
import { isId } from './chain.ts';
import { isName, isObject, readTimestampMs } from './received.ts';

/** In one heartbeat; further ones wait for the next. */
export const toldEventsMax = 20;

const kinds: Readonly<Record<ToldKind, true>> = { 'source-edited': true, 'receipt-refused': true };

export function encodeEvent({ id, kind, atMs, stream, path, detail }: ToldEvent): object {
  return {
    ...{ id, kind, at: new Date(atMs).toISOString() },
    ...(stream === null ? {} : { stream }),
    ...(path === null ? {} : { path }),
    detail,
  };
}

/** What is none, and what is more than a heartbeat may hold, is passed over. */
export function readEvents(value: unknown): ToldEvent[] {
  const list = Array.isArray(value) ? value.slice(0, toldEventsMax) : [];
  return list.map(readEvent).filter((event) => event !== null);
}

function readEvent(entry: unknown): ToldEvent | null {
  if (!isObject(entry)) return null;
  const { id, kind, at, stream, path, detail } = entry;
  const atMs = readTimestampMs(at);
  if (!isId(id) || !isKind(kind) || atMs === null || !isName(detail, 1024)) return null;
  const streamOrNull = isId(stream) ? stream : null;
  return { id, kind, atMs, stream: streamOrNull, path: isName(path, 8192) ? path : null, detail };
}

function isKind(kind: unknown): kind is ToldKind {
  return typeof kind === 'string' && Object.hasOwn(kinds, kind);
}

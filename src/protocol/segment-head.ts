/** What a segment says of itself, in the envelope and in the header of a block alike. */
import type { GapReason } from '../event/batch.ts';
import type { ReceivedSegment } from './received.ts';
import { isCount, isName, isObject } from './received.ts';

const PATH_CHARACTERS_MAX = 8192;

/** A rule's name, or the sentence with which a batch was set aside. */
const REASON_CHARACTERS_MAX = 1024;

const gapReasons: Readonly<Record<GapReason, true>> = {
  'truncated-before-read': true,
  'gone-before-read': true,
  'gone-before-sent': true,
  'nul-bytes': true,
  unreadable: true,
  'hub-went-back': true,
};

export type SegmentHead = Pick<ReceivedSegment, 'stream' | 'path' | 'from' | 'to'> &
  (
    | { readonly kind: 'lines' }
    | { readonly kind: 'cut' }
    | { readonly kind: 'gap'; readonly reason: GapReason }
    | { readonly kind: 'filtered' | 'dead'; readonly reason: string }
  );

/** Or what is wrong with it. */
export function readSegmentHead(entry: unknown): SegmentHead | string {
  if (!isObject(entry)) return ' is not an object';
  const { stream, path, from, to, kind, reason } = entry;
  if (typeof stream !== 'string' || !/^[0-9a-f]{32}$/.test(stream)) return '.stream is no stream name';
  if (!isName(path, PATH_CHARACTERS_MAX)) return '.path is not a path';
  if (!isCount(from) || !isCount(to) || from > to) return '.from and .to are no range';
  switch (kind) {
    case 'lines':
    case 'cut':
      return { stream, path, from, to, kind };
    case 'gap':
      return isGapReason(reason)
        ? { stream, path, from, to, kind, reason }
        : '.reason is none that a gap can have';
    case 'filtered':
    case 'dead':
      return isName(reason, REASON_CHARACTERS_MAX)
        ? { stream, path, from, to, kind, reason }
        : `.reason is not a text of 1 to ${REASON_CHARACTERS_MAX} characters`;
    default:
      return '.kind is none of lines, cut, gap, filtered, dead';
  }
}

export function isGapReason(reason: unknown): reason is GapReason {
  return typeof reason === 'string' && Object.hasOwn(gapReasons, reason);
}

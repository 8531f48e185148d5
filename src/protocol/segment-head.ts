/** What a segment says of itself, in the envelope and in the header of a block alike. */
import type { GapReason } from '../event/batch.ts';
import type { ReceivedSegment } from './received.ts';
import { isCount, isName, isObject } from './received.ts';

const PATH_CHARACTERS_MAX = 8192;

const gapReasons: Readonly<Record<GapReason, true>> = {
  'truncated-before-read': true,
  'gone-before-read': true,
  'gone-before-sent': true,
  'nul-bytes': true,
  unreadable: true,
};

export type SegmentHead = Pick<ReceivedSegment, 'stream' | 'path' | 'from' | 'to'> &
  ({ readonly kind: 'lines' | 'cut' } | { readonly kind: 'gap'; readonly reason: GapReason });

/** Or what is wrong with it. */
export function readSegmentHead(entry: unknown): SegmentHead | string {
  if (!isObject(entry)) return ' is not an object';
  const { stream, path, from, to, kind, reason } = entry;
  if (typeof stream !== 'string' || !/^[0-9a-f]{32}$/.test(stream)) return '.stream is no stream name';
  if (!isName(path, PATH_CHARACTERS_MAX)) return '.path is not a path';
  if (!isCount(from) || !isCount(to) || from > to) return '.from and .to are no range';
  if (kind === 'gap') {
    return isGapReason(reason)
      ? { stream, path, from, to, kind, reason }
      : '.reason is none that a gap can have';
  }
  if (kind !== 'lines' && kind !== 'cut') return '.kind is none of lines, cut, gap';
  return { stream, path, from, to, kind };
}

function isGapReason(reason: unknown): reason is GapReason {
  return typeof reason === 'string' && Object.hasOwn(gapReasons, reason);
}

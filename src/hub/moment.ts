/** Moments in requests: `2026-11-27T15:42:00Z` (without a zone it is UTC), or how long ago, such as `15m`, `2h`, `7d`. */
import { Refusal } from './reply.ts';

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds since the epoch; null when it is not given. Throws `Refusal` 400. */
export function momentOf(search: URLSearchParams, name: string, nowMs: number): number | null {
  const text = search.get(name);
  if (text === null || text === '') return null;
  const ago = /^(\d{1,9})([smhd])$/.exec(text);
  if (ago !== null) return Math.max(0, nowMs - Number(ago[1]) * unitMs[ago[2]!]!);
  const iso = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/.exec(
    text,
  );
  const moment =
    iso === null ? Number.NaN : Date.parse(iso[1] === undefined && text.length > 10 ? `${text}Z` : text);
  if (Number.isNaN(moment)) {
    const message = `${name} is no moment such as 2026-11-27T15:42:00Z, and no time such as 15m, 2h or 7d.`;
    throw new Refusal(400, 'QUERY_INVALID', { message });
  }
  return Math.max(0, moment);
}

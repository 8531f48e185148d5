/**
 * How busy a directory is, and so how what happens in it is learned. The one function here holds every transition:
 *
 *   calm -> busy   its events cost more than 1 % of a core: its watch is put down, its busy files are looked at on a timer
 *   busy -> calm   what the timer finds would come as events for a quarter of that: it is watched again
 *
 * At each of them everything in the directory is looked at once, so that nothing is missed in between.
 */

/**
 * What the system, Node and this program spend on one event that leads to nothing new: 5.6 µs were measured for a file
 * that is written to without pause.
 */
const eventMicroseconds = 6;
const shareMax = 0.01;
const eventsPerSecondMax = (shareMax * 1e6) / eventMicroseconds;
/** Growth that is seen is a lower bound of the events that there would be, so there is a distance between the two bounds. */
const grownPerSecondMin = eventsPerSecondMax / 4;
const spanMs = 500;
/** Events are handed in so many at a time: a sum is enough, and the clock costs more than counting. */
export const eventsAtOnce = Math.ceil((eventsPerSecondMax * spanMs) / 1000);
/** A busy directory is judged over so long; shorter pauses of its writers are none. */
export const judgedMs = 2000;
/** Its events may be those of files that nobody wants: then there is nothing to judge by, and it is tried again later. */
const nothingMs = 10_000;

export type Traffic =
  | { readonly kind: 'calm'; readonly sinceMs: number }
  | { readonly kind: 'busy'; readonly sinceMs: number; readonly looks: number; readonly grown: number };

/**
 * `events`: `eventsAtOnce` more events came. `round`: the timer looked at so many files, and so many had grown.
 * Times are by the clock that never jumps; `sinceMs` is when counting began.
 */
export type Sign =
  | { readonly kind: 'events'; readonly atMs: number }
  | { readonly kind: 'round'; readonly atMs: number; readonly looks: number; readonly grown: number };

export function calmSince(atMs: number): Traffic {
  return { kind: 'calm', sinceMs: atMs };
}

export function after(traffic: Traffic, sign: Sign): Traffic {
  const { atMs } = sign;
  const fresh: Traffic = { kind: 'busy', sinceMs: atMs, looks: 0, grown: 0 };
  switch (traffic.kind) {
    case 'calm':
      if (sign.kind !== 'events') return traffic;
      return atMs - traffic.sinceMs <= spanMs ? fresh : calmSince(atMs);
    case 'busy': {
      // Events that were under way when the watch was put down.
      if (sign.kind === 'events') return traffic;
      const looks = traffic.looks + sign.looks;
      const grown = traffic.grown + sign.grown;
      const tookMs = atMs - traffic.sinceMs;
      if (tookMs < (looks > 0 ? judgedMs : nothingMs)) return { ...traffic, looks, grown };
      // A loaded machine looks seldom; then it is the share of looks that found something that tells.
      const quiet = grown * 1000 < grownPerSecondMin * tookMs && grown * 2 <= looks;
      return quiet ? calmSince(atMs) : fresh;
    }
  }
}

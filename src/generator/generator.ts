/**
 * Writes test logs at a given rate until it has written enough or is told to stop.
 *
 * Invariant: every call of `write` carries whole lines and nothing else, so a stop between two calls leaves a file
 * that ends with a line end.
 */
import type { Clock } from '../host/clock.ts';
import { seededDice } from './dice.ts';
import type { GeneratorFormat } from './formats.ts';
import { formatLine } from './formats.ts';
import type { EventKind } from './kinds.ts';
import { kindChooser } from './kinds.ts';

export interface GeneratorSettings {
  readonly format: GeneratorFormat;
  readonly kinds: readonly EventKind[];
  /** Lines a second; 0: as fast as they are taken. */
  readonly ratePerS: number;
  /** Stops after so many lines; null: goes on until told to stop. */
  readonly count: number | null;
  readonly seed: number;
  /**
   * `clock`: lines carry the time at which they are written. `fixed`: they begin at 2025-01-01T00:00:00Z and advance
   * by the rate (1 ms at rate 0), so that a seed gives the same bytes every time.
   */
  readonly time: 'clock' | 'fixed';
  readonly firstSequence: number;
  readonly hostname: string;
}

export interface GeneratorSummary {
  readonly lines: number;
  readonly bytes: number;
  readonly elapsedMs: number;
  readonly lastSequence: number;
}

export interface GeneratorMachine {
  readonly clock: Clock;
  /** Takes bytes of whole lines; resolves when it is ready for more. */
  readonly write: (lines: Uint8Array) => Promise<void>;
}

/** About 512 KiB a write: large enough for 1 million lines in seconds, small enough to stop at once. */
const linesPerWriteMax = 2_000;
/** At high rates lines come in groups this far apart, instead of waking the process for each. */
const tickMs = 20;
/** What a slow disk or a suspended machine has held up is made up for this far, and no further. */
const arrearsMsMax = 1_000;
const fixedStartMs = Date.UTC(2025, 0, 1);

/** Resolves when `count` is reached or the signal aborted; rejects when `write` does. */
export async function generate(
  settings: GeneratorSettings,
  machine: GeneratorMachine,
  signal: AbortSignal,
): Promise<GeneratorSummary> {
  const { clock } = machine;
  const next = lineMaker(settings, clock);
  const pace = startPace(settings.ratePerS, clock);
  const startedMs = clock.monotonicMs();
  let lines = 0;
  let bytes = 0;
  while (!signal.aborted && (settings.count === null || lines < settings.count)) {
    const due = Math.min(pace.due(), linesPerWriteMax, (settings.count ?? Infinity) - lines);
    if (due === 0) {
      await clock.sleep(pace.untilNextMs(), signal);
      continue;
    }
    let text = '';
    for (let index = 0; index < due; index++) text += `${next()}\n`;
    const block = Buffer.from(text);
    await machine.write(block);
    pace.taken(due);
    lines += due;
    bytes += block.length;
  }
  const lastSequence = settings.firstSequence + lines - 1;
  return { lines, bytes, elapsedMs: clock.monotonicMs() - startedMs, lastSequence };
}

function lineMaker(settings: GeneratorSettings, clock: Clock): () => string {
  const dice = seededDice(settings.seed);
  const choose = kindChooser(settings.kinds);
  const stepMs = settings.ratePerS === 0 ? 1 : 1_000 / settings.ratePerS;
  let made = 0;
  let timeMs = Number.NaN;
  let time = '';
  return () => {
    const atMs = settings.time === 'clock' ? clock.now() : fixedStartMs + Math.floor(made * stepMs);
    if (atMs !== timeMs) {
      timeMs = atMs;
      time = new Date(atMs).toISOString();
    }
    const stamp = { sequence: settings.firstSequence + made, time, hostname: settings.hostname };
    made += 1;
    return formatLine(settings.format, stamp, { kind: choose(dice), dice });
  };
}

interface Pace {
  due(): number;
  taken(lines: number): void;
  untilNextMs(): number;
}

function startPace(ratePerS: number, clock: Clock): Pace {
  if (ratePerS === 0) {
    return { due: () => linesPerWriteMax, taken: () => undefined, untilNextMs: () => 0 };
  }
  let startMs = clock.monotonicMs();
  let taken = 0;
  return {
    /** The first line is due at once. */
    due() {
      const behindMs = clock.monotonicMs() - startMs - (taken * 1_000) / ratePerS;
      if (behindMs > arrearsMsMax) startMs += behindMs - arrearsMsMax;
      const elapsedMs = clock.monotonicMs() - startMs;
      return Math.max(0, Math.floor((elapsedMs * ratePerS) / 1_000) + 1 - taken);
    },
    taken(lines) {
      taken += lines;
    },
    untilNextMs() {
      return Math.max(tickMs, startMs + (taken * 1_000) / ratePerS - clock.monotonicMs());
    },
  };
}

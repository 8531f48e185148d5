/** Repeatable chance: the same seed gives the same throws. Not fit for keys. */
export interface Dice {
  /** In [0, 1). */
  fraction(): number;
  /** A whole number, both ends included. */
  whole(from: number, to: number): number;
  /** A number with `digits` decimals, both ends included. */
  decimal(from: number, to: number, digits: number): number;
  pick<T>(choices: readonly T[]): T;
}

/** Mulberry32 (Tommy Ettinger, 2017): 32 bits of state, enough for texts that only have to look alive. */
export function seededDice(seed: number): Dice {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (from: number, to: number): number => from + Math.floor(fraction() * (to - from + 1));
  return {
    fraction,
    whole,
    decimal: (from, to, digits) => whole(from * 10 ** digits, to * 10 ** digits) / 10 ** digits,
    pick: (choices) => choices[whole(0, choices.length - 1)]!,
  };
}

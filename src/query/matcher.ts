/** Runs an automaton of `regex.ts` over folded text: one step a character, made once for each set of states. */
import type { Automaton } from './regex.ts';

/** Steps and members of sets that are remembered; over it all are forgotten: memory is bounded, the answer the same. */
const rememberedMax = 100_000;
const asciiCodes = 128;

interface Set {
  readonly states: readonly number[];
  readonly found: boolean;
  /** By ASCII code; others are in `others`. */
  readonly steps: (Set | undefined)[];
  readonly others: Map<number, Set>;
  foundAtEnd: boolean | null;
}

/** Whether the text contains a match. */
export function matcherOf({ states, first }: Automaton): (text: string) => boolean {
  let sets = new Map<string, Set>();
  let remembered = 0;

  const closure = (from: Iterable<number>, { start, end }: { start: boolean; end: boolean }): number[] => {
    const seen = new globalThis.Set<number>();
    const open = [...from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const state = states[at]!;
      if (state.kind === 'either') open.push(...state.next);
      else if ((state.kind === 'start' && start) || (state.kind === 'end' && end)) open.push(state.next);
    }
    return [...seen].sort((left, right) => left - right);
  };
  const setOf = (members: readonly number[]): Set => {
    const name = members.join();
    const known = sets.get(name);
    if (known !== undefined) return known;
    const found = members.includes(0);
    const set: Set = { states: members, found, steps: [], others: new Map(), foundAtEnd: null };
    sets.set(name, set);
    remembered += members.length;
    return set;
  };
  const step = (set: Set, code: number): Set => {
    if (remembered >= rememberedMax) {
      sets = new Map();
      remembered = 0;
    }
    remembered += 1;
    const next: number[] = [first];
    for (const member of set.states) {
      const state = states[member]!;
      if (state.kind === 'take' && state.takes(code)) next.push(state.next);
    }
    const result = setOf(closure(next, { start: false, end: false }));
    // A set that was forgotten keeps no steps: they would keep what was forgotten.
    if (sets.get(set.states.join()) === set) {
      if (code < asciiCodes) set.steps[code] = result;
      else set.others.set(code, result);
    }
    return result;
  };

  return (text) => {
    let set = setOf(closure([first], { start: true, end: text === '' }));
    for (let at = 0; at < text.length && !set.found; at++) {
      const code = text.charCodeAt(at);
      set = (code < asciiCodes ? set.steps[code] : set.others.get(code)) ?? step(set, code);
    }
    if (set.found) return true;
    set.foundAtEnd ??= closure(set.states, { start: false, end: true }).includes(0);
    return set.foundAtEnd;
  };
}

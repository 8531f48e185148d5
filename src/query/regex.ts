/**
 * Regular expressions that take time in proportion to the text, whatever they are: characters, `.`, classes `[a-z]` and
 * `[^…]`, `\d \w \s \D \W \S`, groups, `|`, `* + ? {m,n}` (lazy ones mean the same here), `^` and `$`. Look-around,
 * back-references and `\b` are refused: they have no automaton of this kind.
 *
 * A pattern becomes a nondeterministic automaton (Thompson, "Regular expression search algorithm", CACM 11(6), 1968) whose
 * sets of states are the states of a deterministic one, made as the text needs them (Cox, "Regular Expression Matching
 * Can Be Simple And Fast", 2007).
 */
import { fold } from './fold.ts';

/** Of the automaton, after repeats are written out. */
const statesMax = 400;
/** Parts of the pattern, repeats written out: some make no state. */
const nodesMax = 10_000;
const repeatsMax = 100;
/** Groups within groups. */
const depthMax = 50;

export type State =
  | { readonly kind: 'take'; readonly takes: (code: number) => boolean; next: number }
  | { readonly kind: 'either'; readonly next: number[] }
  | { readonly kind: 'start' | 'end'; next: number }
  | { readonly kind: 'found' };

export interface Automaton {
  readonly states: readonly State[];
  readonly first: number;
}

export class RegexError extends Error {}

type Node =
  | { readonly kind: 'take'; readonly takes: (code: number) => boolean }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly least: number; readonly most: number };

/** Throws `RegexError` with a sentence. It takes folded text. */
export function compileRegex(source: string): Automaton {
  const node = new Reader(source).whole();
  const automaton = { states: [{ kind: 'found' } as State], nodes: 0 };
  const first = build(node, 0, automaton);
  return { states: automaton.states, first };
}

/** The state from which the node leads to `next`. */
function build(node: Node, next: number, into: { readonly states: State[]; nodes: number }): number {
  into.nodes += 1;
  if (into.nodes > nodesMax) throw new RegexError('it repeats too much');
  const add = (state: State): number => {
    if (into.states.length >= statesMax) throw new RegexError('it repeats too much');
    return into.states.push(state) - 1;
  };
  switch (node.kind) {
    case 'take':
      return add({ kind: 'take', takes: node.takes, next });
    case 'start':
    case 'end':
      return add({ kind: node.kind, next });
    case 'sequence':
      return node.parts.reduceRight((after, part) => build(part, after, into), next);
    case 'choice':
      return add({ kind: 'either', next: node.parts.map((part) => build(part, next, into)) });
    case 'repeat': {
      let after = next;
      if (node.most === Number.POSITIVE_INFINITY) {
        const targets: number[] = [next];
        after = add({ kind: 'either', next: targets });
        targets.push(build(node.part, after, into));
      } else {
        for (let count = node.least; count < node.most; count++) {
          after = add({ kind: 'either', next: [next, build(node.part, after, into)] });
        }
      }
      for (let count = 0; count < node.least; count++) after = build(node.part, after, into);
      return after;
    }
  }
}

type Takes = (code: number) => boolean;

const isDigit: Takes = (code) => code >= 48 && code <= 57;
const isWord: Takes = (code) =>
  isDigit(code) || code === 95 || (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
const isSpace: Takes = (code) =>
  (code >= 9 && code <= 13) ||
  code === 32 ||
  code === 0xa0 ||
  code === 0xfeff ||
  code === 0x2028 ||
  code === 0x2029;
const inverse =
  (takes: Takes): Takes =>
  (code) =>
    !takes(code);
const classes: Readonly<Record<string, Takes>> = {
  d: isDigit,
  w: isWord,
  s: isSpace,
  D: inverse(isDigit),
  W: inverse(isWord),
  S: inverse(isSpace),
};
const controls: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v' };

class Reader {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  whole(): Node {
    const node = this.#choice();
    if (this.#at < this.#source.length) throw new RegexError('a bracket closes that is not open');
    return node;
  }

  #choice(): Node {
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at]!))
      parts.push(this.#repeated());
    return { kind: 'sequence', parts };
  }

  #repeated(): Node {
    const part = this.#atom();
    const times = this.#times();
    if (times === null) return part;
    this.#take('?');
    if (this.#times() !== null) throw new RegexError('a repeat is repeated');
    return { kind: 'repeat', part, ...times };
  }

  #times(): { least: number; most: number } | null {
    if (this.#take('*')) return { least: 0, most: Number.POSITIVE_INFINITY };
    if (this.#take('+')) return { least: 1, most: Number.POSITIVE_INFINITY };
    if (this.#take('?')) return { least: 0, most: 1 };
    const counts = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.#source.slice(this.#at, this.#at + 12));
    if (counts === null) return null;
    this.#at += counts[0].length;
    const least = Number(counts[1]);
    const most =
      counts[2] === undefined ? least : counts[3] === '' ? Number.POSITIVE_INFINITY : Number(counts[3]);
    if (most < least) throw new RegexError('a repeat has more at least than at most');
    if (least > repeatsMax || (most > repeatsMax && most !== Number.POSITIVE_INFINITY)) {
      throw new RegexError(`it repeats more than ${repeatsMax} times`);
    }
    return { least, most };
  }

  #atom(): Node {
    const character = this.#source[this.#at]!;
    this.#at += 1;
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'take', takes: this.#class() };
      case '.':
        return { kind: 'take', takes: (code) => code !== 10 };
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '*':
      case '+':
      case '?':
        throw new RegexError('there is nothing to repeat');
      case '\\':
        return { kind: 'take', takes: this.#escape() };
      default:
        return { kind: 'take', takes: oneOf(character) };
    }
  }

  #group(): Node {
    this.#depth += 1;
    if (this.#depth > depthMax) throw new RegexError('its groups are too deep');
    if (this.#take('?') && !this.#take(':')) throw new RegexError('look-around and flags are not supported');
    const node = this.#choice();
    if (!this.#take(')')) throw new RegexError('a bracket is not closed');
    this.#depth -= 1;
    return node;
  }

  #escape(): Takes {
    const character = this.#source[this.#at];
    if (character === undefined) throw new RegexError('it ends in a backslash');
    this.#at += 1;
    if (character in classes) return classes[character]!;
    if (/[A-Za-z0-9]/.test(character) && !(character in controls)) {
      throw new RegexError(`\\${character} is not supported`);
    }
    return oneOf(controls[character] ?? character);
  }

  /** Text is folded; a class written in capitals takes small letters too. */
  #class(): Takes {
    const negated = this.#take('^');
    const members: Takes[] = [];
    for (let first = true; first || this.#source[this.#at] !== ']'; first = false) {
      if (this.#at >= this.#source.length) throw new RegexError('a class is not closed');
      members.push(this.#member());
    }
    this.#at += 1;
    const takes: Takes = (code) => {
      if (members.some((member) => member(code))) return true;
      const upper = String.fromCharCode(code).toUpperCase().charCodeAt(0);
      return upper !== code && members.some((member) => member(upper));
    };
    return negated ? inverse(takes) : takes;
  }

  #member(): Takes {
    const low = this.#memberCharacter();
    if (typeof low !== 'string') return low;
    const ranges = this.#source[this.#at] === '-' && this.#source[this.#at + 1] !== ']';
    if (!ranges) return (code) => code === low.charCodeAt(0);
    this.#at += 1;
    const high = this.#memberCharacter();
    if (typeof high !== 'string' || high < low) throw new RegexError('a range of a class is out of order');
    return (code) => code >= low.charCodeAt(0) && code <= high.charCodeAt(0);
  }

  #memberCharacter(): string | Takes {
    const character = this.#source[this.#at];
    if (character === undefined) throw new RegexError('a class is not closed');
    this.#at += 1;
    if (character !== '\\') return character;
    const escaped = this.#source[this.#at];
    if (escaped === undefined || escaped in classes) return this.#escape();
    this.#escape();
    return controls[escaped] ?? escaped;
  }

  #take(character: string): boolean {
    if (this.#source[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }
}

function oneOf(character: string): Takes {
  const wanted = fold(character).charCodeAt(0);
  return (code) => code === wanted;
}

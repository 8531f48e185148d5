/**
 * A query's text in pieces. Every text has some, and nothing throws: what opens and does not close is text itself.
 * Brackets within a word are part of it where they come in pairs, as in `main(argc)`.
 */
import type { Comparison, Note, Pattern, Query } from './query.ts';
import { compileRegex, RegexError } from './regex.ts';

export type Token =
  | { readonly kind: 'open' | 'close' | 'not' | 'or' | 'and'; readonly text: string }
  | { readonly kind: 'term'; readonly query: Query };

/** Groups within groups; deeper brackets are text. */
const depthMax = 32;
/** Regular expressions and words with `*` or `?`: each keeps some of its steps in memory. */
const patternsMax = 20;
/** A longer word with `*` or `?` is text. */
const wildcardCharactersMax = 150;

const keywords: Readonly<Record<string, 'and' | 'or' | 'not'>> = { AND: 'and', OR: 'or', NOT: 'not' };

const tooMany = `There are more than ${patternsMax} regular expressions and words with * or ?`;

export function tokensOf(text: string): {
  readonly tokens: readonly Token[];
  readonly notes: readonly Note[];
} {
  const reader = new Tokenizer(text);
  reader.run();
  return reader;
}

export function literal(text: string): Query {
  return { kind: 'text', pattern: { kind: 'literal', text } };
}

class Tokenizer {
  readonly tokens: Token[] = [];
  readonly notes: Note[] = [];
  readonly #text: string;
  /** Groups that are open: where in the text, and which token. */
  readonly #open: { at: number; token: number }[] = [];
  #at = 0;
  #patterns = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): void {
    for (;;) {
      this.#at = after(/\s*/y, this.#text, this.#at);
      if (this.#at >= this.#text.length) break;
      this.#next();
    }
    for (const { at, token } of this.#open) {
      this.tokens[token] = { kind: 'term', query: literal('(') };
      this.#note('bracket-open', at, at + 1, 'This bracket is not closed; it is looked for as text.');
    }
  }

  #next(): void {
    const start = this.#at;
    const character = this.#text[start]!;
    if (character === '(' || character === ')') {
      this.#at += 1;
      this.#bracket(character, start);
    } else if (/^-[\p{L}\p{N}_"(/@#$.*?[{<]/u.test(this.#text.slice(start, start + 3))) {
      this.#at += 1;
      this.tokens.push({ kind: 'not', text: '-' });
      if (this.#text[this.#at] !== '(') this.#term();
    } else this.#term(keywords);
  }

  #bracket(character: '(' | ')', at: number): void {
    const opens = character === '(' && this.#open.length < depthMax;
    const closes = character === ')' && this.#open.length > 0;
    if (opens) this.#open.push({ at, token: this.tokens.length });
    if (closes) this.#open.pop();
    if (opens || closes) this.tokens.push({ kind: opens ? 'open' : 'close', text: character });
    else this.tokens.push({ kind: 'term', query: literal(character) });
  }

  /** A phrase, a regular expression, a field or a word. */
  #term(words: typeof keywords = {}): void {
    const start = this.#at;
    const quoted = this.#phrase() ?? this.#regex();
    if (quoted !== null) {
      this.tokens.push({ kind: 'term', query: { kind: 'text', pattern: quoted } });
      return;
    }
    const name = match(/[\p{L}_@][\p{L}\p{N}_.@-]{0,99}:(?=[^\s()])/uy, this.#text, start)?.slice(0, -1);
    if (name !== undefined) {
      this.#at = start + name.length + 1;
      const test = this.#phrase() ?? this.#regex() ?? this.#comparison() ?? this.#pattern();
      this.tokens.push({ kind: 'term', query: { kind: 'field', name, test } });
      return;
    }
    const word = this.#word();
    const keyword = Object.hasOwn(words, word) ? words[word] : undefined;
    if (keyword !== undefined) this.tokens.push({ kind: keyword, text: word });
    else if (/^\*+$/.test(word)) this.tokens.push({ kind: 'term', query: { kind: 'all' } });
    else this.tokens.push({ kind: 'term', query: { kind: 'text', pattern: this.#patternOf(word, start) } });
  }

  #phrase(): Pattern | null {
    const start = this.#at;
    if (this.#text[start] !== '"') return null;
    const found = match(/"(?:[^"\\]|\\[\s\S])*"/y, this.#text, start) ?? '"';
    this.#at += found.length;
    if (found === '"') {
      const message = 'This quotation mark is not closed; it is looked for as text.';
      this.#note('quote-open', start, this.#at, message);
    }
    if (found.length <= 2) return { kind: 'literal', text: found };
    return { kind: 'literal', text: found.slice(1, -1).replace(/\\(["\\])/g, '$1') };
  }

  #regex(): Pattern | null {
    const found = match(/\/(?:[^\s/\\]|\\\S)+\/(?=[\s()]|$)/y, this.#text, this.#at);
    if (found === null) return null;
    const start = this.#at;
    this.#at += found.length;
    const wrong = this.#refusal(found.slice(1, -1));
    if (wrong === null) return { kind: 'regex', text: found.slice(1, -1) };
    this.#note(wrong.code, start, this.#at, `${wrong.message}; it is looked for as text.`);
    return { kind: 'literal', text: found };
  }

  #refusal(source: string): Pick<Note, 'code' | 'message'> | null {
    if (!this.#mayHavePattern()) return { code: 'patterns-many', message: tooMany };
    try {
      compileRegex(source);
      return null;
    } catch (error) {
      if (!(error instanceof RegexError)) throw error;
      return { code: 'regex-wrong', message: `This regular expression cannot be used (${error.message})` };
    }
  }

  #comparison(): Comparison | null {
    const found = match(/(?:>=|<=|>|<)(?:-?\d+(?:\.\d+)?|[a-zA-Z]+)(?=[\s()]|$)/y, this.#text, this.#at);
    if (found === null) return null;
    this.#at += found.length;
    const [, kind, text] = /^([<>]=?)(.*)$/.exec(found)!;
    return { kind: kind as Comparison['kind'], text: text! };
  }

  #pattern(): Pattern {
    const start = this.#at;
    return this.#patternOf(this.#word(), start);
  }

  #patternOf(word: string, at: number): Pattern {
    if (!/[*?]/.test(word) || word.length > wildcardCharactersMax) return { kind: 'literal', text: word };
    if (this.#mayHavePattern()) return { kind: 'wildcard', text: word };
    this.#note('patterns-many', at, this.#at, `${tooMany}; it is looked for as text.`);
    return { kind: 'literal', text: word };
  }

  #mayHavePattern(): boolean {
    this.#patterns += 1;
    return this.#patterns <= patternsMax;
  }

  /** At least one character; ends before white space and before a bracket that has no partner in the word. */
  #word(): string {
    const start = this.#at;
    const whole = match(/\S+/y, this.#text, start)!;
    const open: number[] = [];
    let length = whole.length;
    for (let index = 0; index < whole.length; index++) {
      if (whole[index] === '(') open.push(index);
      else if (whole[index] === ')' && open.pop() === undefined) {
        length = index;
        break;
      }
    }
    length = Math.max(1, Math.min(length, open[0] ?? length));
    this.#at += length;
    return whole.slice(0, length);
  }

  #note(code: Note['code'], at: number, to: number, message: string): void {
    this.notes.push({ at, to, code, message });
  }
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

function after(pattern: RegExp, text: string, at: number): number {
  return at + (match(pattern, text, at) ?? '').length;
}

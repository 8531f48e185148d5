/** From text to query: see `query.ts` for the language. */
import { all, any, type Note, not, type Query } from './query.ts';
import { literal, type Token, tokensOf } from './tokens.ts';

export interface Parsed {
  readonly query: Query;
  /** In order of position. */
  readonly notes: readonly Note[];
}

/** UTF-16 units; what is longer is cut there, with a note. */
export const queryCharactersMax = 4000;

/** Never throws: every text is a query. */
export function parseQuery(text: string): Parsed {
  const { tokens, notes } = tokensOf(text.slice(0, queryCharactersMax));
  const query = new Parser(withoutStrayWords(tokens)).whole();
  const long: Note[] =
    text.length <= queryCharactersMax
      ? []
      : [
          {
            at: queryCharactersMax,
            to: text.length,
            code: 'too-long',
            message: `A query has at most ${queryCharactersMax} characters; the rest is left out.`,
          },
        ];
  return { query, notes: [...notes, ...long].sort((left, right) => left.at - right.at) };
}

/** OR, AND and NOT that have nothing to join are words. */
function withoutStrayWords(tokens: readonly Token[]): readonly Token[] {
  const starts = (token: Token | undefined) => token?.kind === 'term' || token?.kind === 'open';
  const done: Token[] = [];
  tokens.forEach((token, index) => {
    if (token.kind !== 'and' && token.kind !== 'or' && token.kind !== 'not') {
      done.push(token);
      return;
    }
    const last = done.at(-1)?.kind;
    const before = token.kind === 'not' || last === 'term' || last === 'close';
    let next = index + 1;
    while (tokens[next]?.kind === 'not') next += 1;
    if (before && starts(tokens[next])) done.push(token);
    else done.push({ kind: 'term', query: literal(token.text) });
  });
  return done;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Query {
    return this.#either();
  }

  #either(): Query {
    const parts = [this.#together()];
    while (this.#take('or')) parts.push(this.#together());
    return any(parts);
  }

  #together(): Query {
    const parts: Query[] = [];
    for (;;) {
      this.#take('and');
      const kind = this.#tokens[this.#at]?.kind;
      if (kind === undefined || kind === 'or' || kind === 'close') return all(parts);
      parts.push(this.#unary());
    }
  }

  #unary(): Query {
    let negated = false;
    while (this.#take('not')) negated = !negated;
    const query = this.#operand();
    return negated ? not(query) : query;
  }

  #operand(): Query {
    const token = this.#tokens[this.#at]!;
    this.#at += 1;
    if (token.kind === 'term') return token.query;
    const query = this.#either();
    this.#take('close');
    return query;
  }

  #take(kind: Token['kind']): boolean {
    if (this.#tokens[this.#at]?.kind !== kind) return false;
    this.#at += 1;
    return true;
  }
}

/**
 * The query language of search, live tail and export: what a person types into a search box. Any text is a query.
 *
 *   query    = and { "OR" and }
 *   and      = unary { [ "AND" ] unary }
 *   unary    = [ "-" | "NOT" ] ( "(" query ")" | term )
 *   term     = word | phrase | regex | name ":" ( word | phrase | regex | comparison )
 *   phrase   = DQUOTE { any | "\" DQUOTE | "\\" } DQUOTE
 *   regex    = "/" { any but white space and "/" | "\/" } "/"       the syntax of `regex.ts`
 *   comparison = ( ">" | ">=" | "<" | "<=" ) number
 *
 * Case never matters (`fold.ts`). A word or phrase is found anywhere in a line. In words `*` stands for any run of
 * characters but white space, `?` for one. `name:value` looks at a field: `agent`, `source` and `host` of where the line
 * comes from, `level` as `level.ts` finds it, any other of a JSON or logfmt line; there the value begins and ends where a
 * word does, and with `*` or `?` it is the whole value. A pasted text that only looks like a field, such as a URL, is
 * also found as it stands. What is no syntax where it stands (an open quotation mark, a lone bracket, a last OR) is text.
 */
export type Query =
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Query[] }
  | { readonly kind: 'not'; readonly part: Query }
  | Term;

export type Term =
  | { readonly kind: 'text'; readonly pattern: Pattern }
  | { readonly kind: 'field'; readonly name: string; readonly test: Pattern | Comparison };

/** `wildcard`: with `*` and `?`. `regex`: without the slashes. */
export interface Pattern {
  readonly kind: 'literal' | 'wildcard' | 'regex';
  readonly text: string;
}

export interface Comparison {
  readonly kind: '>' | '>=' | '<' | '<=';
  /** A number, or the name of a level. */
  readonly text: string;
}

/** Something in a query that is probably not what was meant, at UTF-16 positions of its text. */
export interface Note {
  readonly at: number;
  readonly to: number;
  readonly code: 'quote-open' | 'bracket-open' | 'regex-wrong' | 'patterns-many' | 'too-long';
  /** A sentence for people. */
  readonly message: string;
}

/** Parts in one level, without those that say nothing. */
export function all(parts: readonly Query[]): Query {
  const flat = parts.flatMap((part) =>
    part.kind === 'and' ? part.parts : part.kind === 'all' ? [] : [part],
  );
  if (flat.length === 0) return { kind: 'all' };
  return flat.length === 1 ? flat[0]! : { kind: 'and', parts: flat };
}

export function any(parts: readonly Query[]): Query {
  if (parts.some((part) => part.kind === 'all')) return { kind: 'all' };
  const flat = parts.flatMap((part) => (part.kind === 'or' ? part.parts : [part]));
  return flat.length === 1 ? flat[0]! : { kind: 'or', parts: flat };
}

export function not(part: Query): Query {
  return part.kind === 'not' ? part.part : { kind: 'not', part };
}

/** What no line is. */
export const nothing: Query = { kind: 'not', part: { kind: 'all' } };

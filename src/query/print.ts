/** From query to the text that means it: `parseQuery(printQuery(query)).query` equals a query that was parsed. */
import type { Comparison, Pattern, Query } from './query.ts';
import { tokensOf } from './tokens.ts';

export function printQuery(query: Query): string {
  switch (query.kind) {
    case 'all':
      return '*';
    case 'and':
      return query.parts
        .map((part) => (part.kind === 'or' ? `(${printQuery(part)})` : printQuery(part)))
        .join(' ');
    case 'or':
      return query.parts.map(printQuery).join(' OR ');
    case 'not':
      return `NOT ${query.part.kind === 'and' || query.part.kind === 'or' ? `(${printQuery(query.part)})` : printQuery(query.part)}`;
    case 'text':
      return printPattern(query.pattern, '');
    case 'field':
      return `${query.name}:${printTest(query.test, `${query.name}:`)}`;
  }
}

function printTest(test: Pattern | Comparison, before: string): string {
  return test.kind in { literal: 0, wildcard: 0, regex: 0 }
    ? printPattern(test as Pattern, before)
    : `${test.kind}${test.text}`;
}

function printPattern(pattern: Pattern, before: string): string {
  if (pattern.kind === 'regex') return `/${pattern.text}/`;
  if (pattern.kind === 'wildcard' || isPlain(pattern.text, before)) return pattern.text;
  return `"${pattern.text.replace(/["\\]/g, '\\$&')}"`;
}

/** Whether the text stands for itself without quotation marks. */
function isPlain(text: string, before: string): boolean {
  const { tokens, notes } = tokensOf(before + text);
  const [token, ...more] = tokens;
  if (token?.kind !== 'term' || more.length > 0 || notes.length > 0) return false;
  const { query } = token;
  const pattern = query.kind === 'text' ? query.pattern : query.kind === 'field' ? query.test : null;
  return pattern?.kind === 'literal' && pattern.text === text && (query.kind === 'field') === (before !== '');
}

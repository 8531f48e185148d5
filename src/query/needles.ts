/**
 * What must stand in the bytes of every line that a query asks for, so that most lines need not be looked at: ASCII texts
 * in small letters, of which one is there whatever the case. A field's value may be escaped in JSON, and so may its name.
 */
import { fold } from './fold.ts';
import type { Pattern, Query } from './query.ts';

/** More texts cost more than they save. */
const needlesMax = 8;

/** An escape of JSON that may stand for any ASCII character. */
const escapeOfAscii = '\\u00';

/** One of these is in each line; null: nothing is known. Of a query from `ofOrigin`. */
export function needlesOf(query: Query): readonly string[] | null {
  switch (query.kind) {
    case 'all':
    case 'not':
      return null;
    case 'and':
      return query.parts.map(needlesOf).reduce(better, null);
    case 'or': {
      const parts = query.parts.map(needlesOf);
      const needles = parts.every((part) => part !== null) ? parts.flat() : null;
      return needles === null || needles.length > needlesMax ? null : needles;
    }
    case 'text':
      return ofPattern(query.pattern, /[\x20-\x7e]+/g);
    case 'field':
      return ofField(query);
  }
}

function ofField({ name, test }: Query & { kind: 'field' }): readonly string[] | null {
  if (fold(name) === 'level') return null;
  const isNumber = test.kind === 'literal' && test.text.trim() !== '' && !Number.isNaN(Number(test.text));
  const unescaped = /[a-z0-9_ .:-]+/g;
  const value =
    (test.kind === 'literal' || test.kind === 'wildcard') && !isNumber
      ? ofPattern(test as Pattern, unescaped)
      : null;
  const found = value ?? longest(fold(name), /[a-z0-9_]+/g);
  return found === null ? null : [...found, escapeOfAscii];
}

function ofPattern({ kind, text }: Pattern, characters: RegExp): readonly string[] | null {
  if (kind === 'regex') return null;
  return longest(fold(kind === 'wildcard' ? text.replace(/[*?]/g, '\n') : text), characters);
}

/** A text of two characters is in nearly every line. */
const lengthMin = 2;

function longest(text: string, characters: RegExp): readonly string[] | null {
  const runs = text.match(characters) ?? [];
  const best = runs.reduce((left, right) => (right.length > left.length ? right : left), '');
  return best.length < lengthMin ? null : [best];
}

/** The one whose shortest text is longer. */
function better(left: readonly string[] | null, right: readonly string[] | null): readonly string[] | null {
  if (left === null || right === null) return left ?? right;
  return shortest(right) > shortest(left) ? right : left;
}

function shortest(needles: readonly string[]): number {
  return Math.min(...needles.map((needle) => needle.length)) - needles.length / 100;
}

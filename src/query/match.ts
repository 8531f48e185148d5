/** Whether a line is what a query asks for. */
import { type Fields, fieldsOf } from './fields.ts';
import { fold } from './fold.ts';
import { levelNamed, levelOf, levels } from './level.ts';
import { matcherOf } from './matcher.ts';
import { all, any, type Comparison, not, nothing, type Pattern, type Query, type Term } from './query.ts';
import { compileRegex } from './regex.ts';

/** Where a line comes from. */
export interface Origin {
  readonly agent: string;
  readonly source: string;
  /** The machine's name; '' where it is not known. */
  readonly host: string;
}

export type LineTest = (line: Subject) => boolean;

const originNames: readonly string[] = ['agent', 'source', 'host'] satisfies (keyof Origin)[];

/** What is left of a query for the lines of one origin: it asks nothing of origins any more. */
export function ofOrigin(query: Query, origin: Origin): Query {
  switch (query.kind) {
    case 'all':
    case 'text':
      return query;
    case 'and': {
      const parts = query.parts.map((part) => ofOrigin(part, origin));
      return parts.some(isNothing) ? nothing : all(parts);
    }
    case 'or': {
      const parts = query.parts.map((part) => ofOrigin(part, origin)).filter((part) => !isNothing(part));
      return parts.length === 0 ? nothing : any(parts);
    }
    case 'not':
      return not(ofOrigin(query.part, origin));
    case 'field': {
      const name = fold(query.name);
      if (!originNames.includes(name)) return query;
      return valueTest(query.test)(origin[name as keyof Origin]) ? { kind: 'all' } : nothing;
    }
  }
}

export function isNothing(query: Query): boolean {
  return query.kind === 'not' && query.part.kind === 'all';
}

/** A line that is looked at, and what was made of it so far. */
export class Subject {
  readonly text: string;
  #folded: string | null = null;
  #fields: Fields | null = null;

  constructor(text: string) {
    this.text = text;
  }

  get folded(): string {
    this.#folded ??= fold(this.text);
    return this.#folded;
  }

  get fields(): Fields {
    this.#fields ??= fieldsOf(this.text);
    return this.#fields;
  }
}

/** Of a query from `ofOrigin`. */
export function lineTest(query: Query): LineTest {
  switch (query.kind) {
    case 'all':
      return () => true;
    case 'and': {
      const parts = cheapFirst(query.parts).map(lineTest);
      return (subject) => parts.every((part) => part(subject));
    }
    case 'or': {
      const parts = cheapFirst(query.parts).map(lineTest);
      return (subject) => parts.some((part) => part(subject));
    }
    case 'not': {
      const part = lineTest(query.part);
      return (subject) => !part(subject);
    }
    case 'text': {
      const test = textTest(query.pattern, '\\S');
      return ({ folded }) => test(folded);
    }
    case 'field':
      return fieldTest(query);
  }
}

/** Text before fields: fields are parsed. */
function cheapFirst(parts: readonly Query[]): readonly Query[] {
  const cost = ({ kind }: Query) => (kind === 'text' ? 0 : kind === 'field' ? 2 : 1);
  return parts.toSorted((left, right) => cost(left) - cost(right));
}

function fieldTest({ name, test }: Term & { kind: 'field' }): LineTest {
  const folded = fold(name);
  if (folded === 'level') return levelTest(test);
  const value = valueTest(test);
  const asItStands = writtenTest(name, test);
  return (subject) => (subject.fields.get(folded)?.some(value) ?? false) || asItStands(subject.folded);
}

/** The term as it was typed, anywhere in the line: pasted text looks like a field at times. */
function writtenTest(name: string, test: Pattern | Comparison): (folded: string) => boolean {
  if (test.kind === 'regex') return () => false;
  if (test.kind === 'literal' || test.kind === 'wildcard') {
    return textTest({ kind: test.kind, text: `${name}:${test.text}` }, '\\S');
  }
  const written = fold(`${name}:${test.kind}${test.text}`);
  return (folded) => folded.includes(written);
}

function levelTest(test: Pattern | Comparison): LineTest {
  if (test.kind === 'regex' || test.kind === 'wildcard') {
    const matches = valueTest(test);
    return ({ text }) => matches(levelOf(text) ?? '');
  }
  const wanted = levelNamed(fold(test.text));
  if (wanted === null) return () => false;
  if (test.kind === 'literal') return ({ text }) => levelOf(text) === wanted;
  const { kind } = test;
  const bound = levels.indexOf(wanted);
  return ({ text }) => {
    const level = levelOf(text);
    return level !== null && compares(levels.indexOf(level), kind, bound);
  };
}

/** Of a value as it is; folds it. */
function valueTest(test: Pattern | Comparison): (value: string) => boolean {
  switch (test.kind) {
    case 'literal': {
      const wanted = fold(test.text);
      return (value) => containsWhole(fold(value), wanted);
    }
    case 'wildcard': {
      const matches = matcherOf(compileRegex(`^${wildcardSource(test.text, '[\\s\\S]')}$`));
      return (value) => matches(fold(value));
    }
    case 'regex': {
      const matches = matcherOf(compileRegex(test.text));
      return (value) => matches(fold(value));
    }
    default: {
      const bound = Number(test.text);
      return (value) => value.trim() !== '' && compares(Number(value), test.kind, bound);
    }
  }
}

/** False for what is no number. */
function compares(left: number, kind: Comparison['kind'], right: number): boolean {
  switch (kind) {
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
  }
}

/** Anywhere in folded text; `one` is what a character of a wildcard may be. */
function textTest(pattern: Pattern, one: string): (folded: string) => boolean {
  if (pattern.kind === 'literal') {
    const wanted = fold(pattern.text);
    return (folded) => folded.includes(wanted);
  }
  return matcherOf(compileRegex(pattern.kind === 'regex' ? pattern.text : wildcardSource(pattern.text, one)));
}

function wildcardSource(text: string, one: string): string {
  return text
    .replace(/\*+/g, '*')
    .replace(/[\\^$.*+?()[\]{}|/]/g, (character) =>
      character === '*' ? `${one}*` : character === '?' ? one : `\\${character}`,
    );
}

const wordCharacter = /[\p{L}\p{N}_]/u;

/** Where the wanted text begins and ends in a letter, a digit or `_`, no such character may go on beyond it. */
function containsWhole(value: string, wanted: string): boolean {
  const begins = wordCharacter.test(wanted[0] ?? '');
  const ends = wordCharacter.test(wanted.at(-1) ?? '');
  for (let at = value.indexOf(wanted); at >= 0; at = value.indexOf(wanted, at + 1)) {
    const before = begins && wordCharacter.test(value[at - 1] ?? '');
    const behind = ends && wordCharacter.test(value[at + wanted.length] ?? '');
    if (!before && !behind) return true;
  }
  return false;
}

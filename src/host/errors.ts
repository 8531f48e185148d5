/**
 * The one table of what can go wrong for the people who run Almadía. Each entry says, in English and in Spanish: what
 * happened to which value, whether data is safe, and what to do. {names} are filled from the error's values.
 *
 * Exit codes: 1 a check failed, 2 the command line or the configuration is wrong, 3 the machine refuses (disk, port,
 * lock), 4 the destination refuses.
 *
 * A test holds both languages to the same names, and `docs/errors.md` to this table.
 */
import type { ErrorEntry, ErrorText } from './error-entry.ts';
import { errorTable } from './error-table.ts';

export type ErrorCode = keyof typeof errorTable;
export type Language = 'en' | 'es';
export type ErrorValues = Readonly<Record<string, string | number>>;

/** A failure that a person can act on. Its message is English; `explain` gives it in either language. */
export class AlmadiaError extends Error {
  readonly code: ErrorCode;
  readonly values: ErrorValues;
  constructor(code: ErrorCode, values: ErrorValues = {}, options?: ErrorOptions) {
    const text = explain({ code, values }, 'en');
    super(`${text.what} (${code})`, options);
    this.name = 'AlmadiaError';
    this.code = code;
    this.values = values;
  }
}

/** One thing that is wrong with a value somebody wrote, found without stopping at the first. */
export interface Problem {
  readonly code: ErrorCode;
  readonly values: ErrorValues;
}

export function explain(problem: Problem, language: Language): ErrorText {
  const entry: ErrorEntry = errorTable[problem.code];
  const text = entry[language];
  return {
    what: fill(text.what, problem.values),
    safe: fill(text.safe, problem.values),
    fix: fill(text.fix, problem.values),
  };
}

export function exitCodeOf(code: ErrorCode): number {
  return errorTable[code].exit;
}

function fill(template: string, values: ErrorValues): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

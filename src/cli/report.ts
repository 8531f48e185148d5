/** How failures are written for people, and for programs. */

import type { Language, Problem } from '../host/errors.ts';
import { AlmadiaError, explain } from '../host/errors.ts';
import { say } from './messages.ts';
import { plain } from './show.ts';

/** What happened, whether data is safe, and what to do: three lines, each with its line end. */
export function problemText(
  problem: Problem,
  language: Language,
  weight: 'error' | 'warning' = 'error',
): string {
  const text = explain(problem, language);
  return [
    say(language, weight, { what: plain(text.what), code: problem.code }),
    say(language, 'safe', { safe: plain(text.safe) }),
    say(language, 'fix', { fix: plain(text.fix) }),
    '',
  ].join('\n');
}

export function problemJson(problem: Problem, language: Language): Record<string, unknown> {
  return { code: problem.code, ...explain(problem, language), values: problem.values };
}

/** Any failure as a problem; what is in no table is a fault of the program, told with its cause. */
export function problemOf(error: unknown): Problem {
  if (error instanceof AlmadiaError) return { code: error.code, values: error.values };
  return { code: 'UNEXPECTED', values: { cause: error instanceof Error ? error.message : String(error) } };
}

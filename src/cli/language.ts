/** Which language to speak: `--lang`, else the locale's, else English. */
import type { Language } from '../host/errors.ts';

const variables = ['LC_ALL', 'LC_MESSAGES', 'LANG'] as const;

/** The first of the variables that is set decides, as in POSIX. */
export function languageOf(environment: Readonly<Record<string, string | undefined>>): Language {
  const locale = variables
    .map((name) => environment[name])
    .find((value) => value !== undefined && value !== '');
  return /^es(?:[_.@-]|$)/i.test(locale ?? '') ? 'es' : 'en';
}

/** Null when the program does not speak it. */
export function languageNamed(name: string): Language | null {
  return name === 'es' || name === 'en' ? name : null;
}

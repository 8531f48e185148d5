/**
 * How grave a line says it is: by a field of that meaning, else by the priority of syslog (RFC 5424, 6.2.1), the letter of
 * glog, or the first word near its beginning that names a level.
 */
export const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof levels)[number];

const names: Readonly<Record<Level, string>> = {
  trace: 'trace|verbose|finest|finer',
  debug: 'debug|dbg|fine',
  info: 'info|information|informational|notice|inf',
  warn: 'warn|warning|wrn',
  error: 'error|err|severe',
  fatal: 'fatal|critical|crit|panic|alert|emerg|emergency',
};
const byName = new Map(
  levels.flatMap((level) => names[level].split('|').map((name) => [name, level] as const)),
);
const anyName = Object.values(names).join('|');

/** Of each priority of syslog from 0 (emergency) to 7 (debug). */
const bySyslog: readonly Level[] = ['fatal', 'fatal', 'fatal', 'error', 'warn', 'info', 'info', 'debug'];

/** Where a field, and where a mere word, is looked for: UTF-16 units from the beginning. */
const fieldWithin = 4096;
const wordWithin = 256;

const field =
  /(?:^|[\s{,"'.[(])(?:level|severity|lvl|loglevel|levelname|severity_text)["']?\s{0,4}[=:]\s{0,4}["']?([a-z]+|\d{1,2})\b/i;
const word = new RegExp(`(?:^|[\\s[(<|"'=:])(${anyName})(?=$|[\\s\\])>|"',:;.-])`, 'i');

/** Null for a name of none. Folded names only. */
export function levelNamed(name: string): Level | null {
  return byName.get(name) ?? null;
}

/** Null where the line does not say. */
export function levelOf(text: string): Level | null {
  const start = text.slice(0, wordWithin);
  const priority = /^<(\d{1,3})>/.exec(start);
  const told = field.exec(text.slice(0, fieldWithin))?.[1];
  const named = told === undefined ? null : ofField(told.toLowerCase());
  if (named !== null) return named;
  if (priority !== null) return bySyslog[Number(priority[1]) % 8]!;
  const letter = /^([IWEF])\d{4} \d\d:/.exec(start)?.[1];
  if (letter !== undefined) return { I: 'info', W: 'warn', E: 'error', F: 'fatal' }[letter] as Level;
  const found = word.exec(start)?.[1];
  return found === undefined ? null : levelNamed(found.toLowerCase());
}

/** Numbers are those of bunyan and pino in tens (10 trace to 60 fatal), below that those of syslog. */
function ofField(value: string): Level | null {
  const number = Number(value);
  if (Number.isNaN(number)) return levelNamed(value);
  return number < 10 ? (bySyslog[number] ?? null) : (levels[Math.floor(number / 10) - 1] ?? null);
}

/** Patterns of paths as text: a path that must not be read as a pattern, and the pattern of a relative one. */
import { posix } from 'node:path';

/**
 * A pattern that matches exactly this path: every character that means something in a pattern is escaped. A backslash
 * stands in brackets, because picomatch takes two escaped ones in a row for one.
 */
export function escapeGlob(path: string): string {
  return path.replace(/[\\*?[\]{}()!+@|^$]/g, (char) => (char === '\\' ? '[\\\\]' : `\\${char}`));
}

/** An absolute pattern: relative ones are taken from a directory, which is escaped. `.` and `..` are resolved, as in paths. */
export function absoluteGlob(pattern: string, directory: string): string {
  if (pattern.startsWith('/')) return posix.normalize(pattern);
  return posix.normalize(`${escapeGlob(directory)}/${pattern}`);
}

/** What is left alone is left alone everywhere: `*.gz` and `**` + `/*.gz` at any depth, of any directory. */
export function absoluteExclude(pattern: string, directory: string): string {
  if (pattern.startsWith('**/')) return `/${pattern}`;
  return pattern.includes('/') ? absoluteGlob(pattern, directory) : `/**/${pattern}`;
}

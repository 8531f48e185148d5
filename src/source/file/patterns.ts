/**
 * Which paths a source means: include and exclude patterns, and the directories in which to look for them.
 * Patterns are absolute globs as picomatch has them; `*` does not match a leading dot.
 */
import picomatch from 'picomatch';
import { directoryOf } from '../../host/files.ts';
import type { FileSourceSettings } from '../../settings/agent.ts';

export interface Patterns {
  readonly settings: FileSourceSettings;
  matches(path: string): boolean;
  readonly roots: readonly Root[];
}

/** A directory to look in, and how many levels below it (Infinity for `**`). */
export interface Root {
  readonly path: string;
  readonly depth: number;
}

export function compilePatterns(settings: FileSourceSettings): Patterns {
  // The flag lets a name hold a line feed, which a disk allows.
  const options = { flags: 's', strictSlashes: true };
  const included = picomatch([...settings.include], options);
  const excluded = picomatch([...settings.exclude], { ...options, dot: true });
  return {
    settings,
    matches: (path) => included(path) && !excluded(path),
    roots: settings.include.map(rootOf),
  };
}

function rootOf(pattern: string): Root {
  const { base: escaped, glob } = picomatch.scan(pattern);
  const base = escaped.replace(/\\(.)/g, '$1');
  if (glob === '') return { path: directoryOf(base), depth: 0 };
  const depth = glob.includes('**') ? Number.POSITIVE_INFINITY : glob.split('/').length - 1;
  return { path: base === '' ? '/' : base, depth };
}

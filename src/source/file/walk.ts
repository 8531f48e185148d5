/**
 * Looks through the directories of the patterns. Follows symbolic links, but enters each directory once, so that
 * links in a circle end. What cannot be entered is reported: unreadable is not deleted.
 */
import type { DirectoryEntry, Disk } from '../../host/disk.ts';
import { diskCode } from '../../host/disk.ts';
import type { Patterns, Root } from './patterns.ts';

export interface Walk {
  /** Paths of matching entries that are not directories, each once, with the patterns that matched first. */
  readonly found: ReadonlyMap<string, Patterns>;
  /** Directories that were listed, with all their names. */
  readonly directories: ReadonlyMap<string, readonly string[]>;
  readonly unreadable: ReadonlyMap<string, string>;
}

const directoriesMax = 20_000;

export async function walk(disk: Disk, patterns: readonly Patterns[]): Promise<Walk> {
  const found = new Map<string, Patterns>();
  const directories = new Map<string, readonly string[]>();
  const unreadable = new Map<string, string>();
  for (const one of patterns) {
    const entered = new Map<string, number>();
    const toVisit: Root[] = [...one.roots];
    for (let next = toVisit.pop(); next !== undefined; next = toVisit.pop()) {
      const entries = await enter(disk, next, { entered, unreadable });
      if (entries === null) continue;
      if (directories.size >= directoriesMax) {
        unreadable.set(next.path, `more than ${directoriesMax} directories`);
        continue;
      }
      directories.set(
        next.path,
        entries.map((entry) => entry.name),
      );
      for (const entry of entries) {
        const path = next.path === '/' ? `/${entry.name}` : `${next.path}/${entry.name}`;
        const matches = one.matches(path);
        if (matches && entry.kind !== 'directory' && !found.has(path)) found.set(path, one);
        const mayBeDirectory = entry.kind === 'directory' || (entry.kind === 'link' && !matches);
        if (mayBeDirectory && next.depth > 0) toVisit.push({ path, depth: next.depth - 1 });
      }
    }
  }
  return { found, directories, unreadable };
}

async function enter(
  disk: Disk,
  { path, depth }: Root,
  seen: { readonly entered: Map<string, number>; readonly unreadable: Map<string, string> },
): Promise<readonly DirectoryEntry[] | null> {
  try {
    const stat = await disk.stat(path);
    const key = `${stat.device}:${stat.inode}`;
    if (stat.kind !== 'directory' || (seen.entered.get(key) ?? -1) >= depth) return null;
    seen.entered.set(key, depth);
    return await disk.list(path);
  } catch (error) {
    const code = diskCode(error);
    if (code === null) throw error;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') seen.unreadable.set(path, code);
    return null;
  }
}

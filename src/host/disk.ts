/**
 * The file system. Paths are strings in which bytes that are not UTF-8 stand as lone surrogates U+DC80 to U+DCFF
 * (one for each byte, as PEP 383 has it), so that every name a disk can hold goes round. `printablePath` writes them
 * as \xNN for people.
 *
 * Errors: every member rejects with a `DiskError` whose `code` is the system's name for it (ENOENT, EACCES, ENOSPC,
 * EIO, EMFILE, …).
 */
export interface Disk {
  /** Opens without blocking on FIFOs. `read` never creates; `write` creates and truncates; `append` creates. */
  open(path: string, mode: 'read' | 'write' | 'append', permissions?: number): Promise<FileHandle>;
  /** Follows symbolic links. */
  stat(path: string): Promise<FileStat>;
  /**
   * What `stat` would tell, where the system has it at hand; null where it must be asked by `stat`. For looks at many
   * files, of which each promise would cost more than the look.
   */
  glance(path: string): FileStat | null;
  /** Names only, without order. */
  list(directory: string): Promise<readonly DirectoryEntry[]>;
  /** The path with all symbolic links resolved. */
  realPath(path: string): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Creates parents too; an existing directory is left as it is. */
  makeDirectory(path: string, permissions: number): Promise<void>;
  setPermissions(path: string, permissions: number): Promise<void>;
  /** Makes names that were created, renamed or removed in a directory last through a power loss. */
  syncDirectory(path: string): Promise<void>;
  /**
   * Calls `changed` with the name of an entry that may have changed, or null when it is not known which. A hint:
   * events may be lost, merged or late. Rejects with ENOSPC or EMFILE when the system has no more watches.
   */
  watch(directory: string, changed: Changed): Promise<Watch>;
  /**
   * What kind of file system holds the path, and its free bytes. Files in a directory that was found to be on a disk of
   * this machine may from then on be asked about in a quicker way, which blocks while that disk does.
   */
  volume(path: string): Promise<Volume>;
  /** May this process read or write there? */
  allows(path: string, access: 'read' | 'write'): Promise<boolean>;
}

export interface FileHandle {
  /** Reads `length` bytes at `position` into `target` at `offset`; fewer only where the file ends (POSIX pread). */
  read(target: Uint8Array, at: { offset: number; length: number; position: number }): Promise<number>;
  /** Writes everything at the end of what this handle has written (or of the file, in `append`). */
  write(bytes: Uint8Array): Promise<void>;
  stat(): Promise<FileStat>;
  sync(): Promise<void>;
  /** Closing twice does nothing. */
  close(): Promise<void>;
}

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'fifo' | 'socket' | 'device' | 'other';
  readonly device: bigint;
  readonly inode: bigint;
  /** Null where the system does not really have it (see the probe in `node/disk.ts`). */
  readonly birthTimeNs: bigint | null;
  readonly modifiedMs: number;
  readonly size: number;
  /** How many names lead to it; 0 when only open handles keep it. */
  readonly links: number;
  readonly permissions: number;
  readonly userId: number;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'link' | 'other';
}

/** `content`: only bytes or times of an entry changed. `name`: it came, went, or is another now; perhaps its bytes too. */
export type Change = 'content' | 'name';
export type Changed = (name: string | null, what: Change) => void;

export interface Watch {
  close(): void;
}

export interface Volume {
  /** Such as ext4, tmpfs, nfs; 'unknown' where the system does not say. */
  readonly type: string;
  readonly freeBytes: number;
  readonly losesDataAtReboot: boolean;
  /** Whether file events are known not to arrive from other machines (network file systems). */
  readonly remote: boolean;
}

export class DiskError extends Error {
  readonly code: string;
  readonly path: string;
  constructor(code: string, path: string, message: string) {
    super(message);
    this.name = 'DiskError';
    this.code = code;
    this.path = path;
  }
}

export function diskCode(error: unknown): string | null {
  return error instanceof DiskError ? error.code : null;
}

/** Nothing in it needs to be written in another way. */
const plain = /^[\x20-\x5b\x5d-\x7e]*$/;

/** A path for people and for protocols: invalid bytes as \xNN, control characters and backslashes escaped. */
export function printablePath(path: string): string {
  if (plain.test(path)) return path;
  let out = '';
  for (const char of path) {
    const code = char.codePointAt(0)!;
    if (code >= 0xdc80 && code <= 0xdcff) out += `\\x${(code - 0xdc00).toString(16)}`;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (char === '\\') out += '\\\\';
    else out += char;
  }
  return out;
}

/** Nothing there is an answer; anything else is an error. */
export function absent<T>(instead: T): (error: unknown) => T {
  return (error) => {
    const code = diskCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return instead;
    throw error;
  };
}

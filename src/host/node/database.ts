/**
 * SQLite through one adapter over two bindings of one interface: Node's own `node:sqlite` where it has all we need
 * (22.15 and later), else the package `@photostructure/sqlite`, which is the same code with prebuilt binaries.
 *
 * Every file is in WAL mode, created with mode 0600 (SQLite gives its `-wal` the same), and locked for this process
 * from `open` to `close`: `locking_mode=EXCLUSIVE` also keeps the WAL's index in memory instead of a `-shm` file.
 */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Database, DatabaseShape, Databases, Durability, SqlRow, SqlValue } from '../database.ts';
import { DatabaseError } from '../database.ts';
import { nativePath } from './path-bytes.ts';
import { Writeback } from './writeback.ts';

/** Statements are few and fixed texts; a bound all the same. */
const statementsMax = 256;

/** A body of 1 MiB is 32 of these pages instead of 256 (docs/decisions/0011-sqlite-binding.md has the numbers). */
const shapeDefault: DatabaseShape = { pageBytes: 32 * 1024 };

/** The WAL is written back when it has grown by so much, and cut to that size afterwards. */
const walBytes = 8 * 1024 * 1024;

const settingsFor = ({ pageBytes }: DatabaseShape) => `
  PRAGMA page_size = ${pageBytes};
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = ${walBytes / pageBytes};
  PRAGMA journal_size_limit = ${walBytes};
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;
`;

/** What both bindings offer and we use. https://nodejs.org/api/sqlite.html */
interface Binding {
  readonly DatabaseSync: new (path: string | Buffer) => NativeDatabase;
}
interface NativeDatabase {
  exec(sql: string): void;
  prepare(sql: string): NativeStatement;
  close(): void;
}
interface NativeStatement {
  run(...values: SqlValue[]): {
    readonly changes: number | bigint;
    readonly lastInsertRowid: number | bigint;
  };
  all(...values: SqlValue[]): unknown[];
}

export function nodeDatabases(): Databases {
  let binding: Binding | null = null;
  return {
    open: (path, shape = shapeDefault) => {
      binding ??= loadBinding();
      return new NodeDatabase(binding, path, shape);
    },
  };
}

class NodeDatabase implements Database {
  /** Kept beside the statements on purpose: a statement must not outlive its database. */
  readonly #database: NativeDatabase;
  readonly #statements = new Map<string, NativeStatement>();
  readonly #writeback: Writeback;
  #durability: Durability = 'normal';
  #inTransaction = false;
  #closed = false;

  constructor(binding: Binding, path: string, shape: DatabaseShape) {
    this.#database = guard(() => {
      createPrivateFile(path);
      return new binding.DatabaseSync(nativePath(path));
    });
    this.#writeback = new Writeback(path);
    try {
      // The first lock is taken by the first transaction, and in this locking mode never let go.
      this.exec(`${settingsFor(shape)} BEGIN IMMEDIATE; COMMIT;`);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  exec(sql: string): void {
    guard(() => this.#database.exec(sql));
  }

  run(sql: string, ...values: SqlValue[]): { readonly changes: number; readonly lastId: number } {
    const result = guard(() => this.#statement(sql).run(...values));
    return { changes: Number(result.changes), lastId: Number(result.lastInsertRowid) };
  }

  all(sql: string, ...values: SqlValue[]): SqlRow[] {
    return guard(() => this.#statement(sql).all(...values)) as SqlRow[];
  }

  transaction<T>(durability: Durability, work: () => T): T {
    if (this.#inTransaction) throw new DatabaseError('other', 'transactions do not nest');
    if (durability !== this.#durability) {
      this.exec(durability === 'full' ? 'PRAGMA synchronous = FULL' : 'PRAGMA synchronous = NORMAL');
      this.#durability = durability;
    }
    this.run('BEGIN IMMEDIATE');
    this.#inTransaction = true;
    try {
      const result = work();
      this.run('COMMIT');
      if (durability === 'normal') this.#writeback.committed();
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#inTransaction = false;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#statements.clear();
    this.#writeback.close();
    this.#unlock();
    guard(() => this.#database.close());
  }

  /**
   * The package's binding closes a file for good only when its statements have been garbage collected. So the lock
   * is let go here: the WAL is written back and removed, which leaves one whole file, and a read in the ordinary
   * locking mode ends the exclusive one.
   */
  #unlock(): void {
    try {
      this.#database.exec(
        'PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL; SELECT count(*) FROM sqlite_schema',
      );
    } catch {
      // A full disk, a damaged file: the WAL stays and counts at the next opening; what was committed is safe.
    }
  }

  /** After some failures (a full disk) SQLite has rolled back by itself, and then says that nothing is open. */
  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch (error) {
      if (!String(error).includes('no transaction is active')) throw asDatabaseError(error);
    }
  }

  #statement(sql: string): NativeStatement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#statements.size >= statementsMax) this.#statements.clear();
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function loadBinding(): Binding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const own = major > 22 || (major === 22 && minor >= 15);
  const require = createRequire(import.meta.url);
  return own ? withoutWarning(() => require('node:sqlite')) : require('@photostructure/sqlite');
}

/** Node announces on standard error that its SQLite is experimental; that is this file's business, not the user's. */
function withoutWarning<T>(load: () => T): T {
  const emitWarning = process.emitWarning;
  process.emitWarning = () => undefined;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/**
 * SQLite would create it with the process's umask. An existing file is not opened here: closing any descriptor of it
 * drops every lock that this process holds on it (POSIX).
 */
function createPrivateFile(path: string): void {
  try {
    closeSync(openSync(nativePath(path), 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  const directory = openSync(nativePath(dirname(path)), 'r');
  fsyncSync(directory);
  closeSync(directory);
}

function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asDatabaseError(error);
  }
}

function asDatabaseError(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const { code, errcode, message } = error as NodeJS.ErrnoException & { errcode?: number };
  const kind = errcode === undefined ? kindOfSystemError(code) : kindOfResult(errcode & 0xff);
  return new DatabaseError(kind, message);
}

/** Primary result codes: https://www.sqlite.org/rescode.html */
function kindOfResult(code: number): DatabaseError['kind'] {
  switch (code) {
    case 5: // BUSY
    case 6: // LOCKED
      return 'locked';
    case 11: // CORRUPT
    case 26: // NOTADB
      return 'damaged';
    case 13: // FULL
      return 'full';
    case 3: // PERM
    case 8: // READONLY
    case 14: // CANTOPEN
    case 23: // AUTH
      return 'unwritable';
    default: // IOERR among them: the disk refuses, and SQLite does not tell why
      return 'other';
  }
}

function kindOfSystemError(code: string | undefined): DatabaseError['kind'] {
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'full';
  return code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOENT'
    ? 'unwritable'
    : 'other';
}

/**
 * A transactional SQL database in one file: SQLite. Only `state/` and `store/` speak to it.
 *
 * Synchronous: a transaction of positions takes hundredths of a millisecond, less than a thread hop.
 */
export type SqlValue = null | number | bigint | string | Uint8Array;
export type SqlRow = Record<string, SqlValue>;

export interface Databases {
  /**
   * Opens or creates the file, in WAL mode, locked for this process alone until it is closed.
   * Throws `DatabaseError`.
   */
  open(path: string, shape?: DatabaseShape): Database;
}

export interface DatabaseShape {
  /**
   * Of a file that is new: a power of two from 512 to 65,536. A commit writes whole pages, so small ones make small
   * commits cheap, and large ones large values.
   */
  readonly pageBytes: number;
}

export interface Database {
  /** Runs statements without parameters. */
  exec(sql: string): void;
  /** The statement is kept and reused for the same text. Whole numbers up to 2^53 come back as numbers. */
  run(sql: string, ...values: SqlValue[]): { readonly changes: number; readonly lastId: number };
  all(sql: string, ...values: SqlValue[]): SqlRow[];
  /**
   * Runs `work` in one transaction: all of it or nothing. `normal`: survives the end of the process, the newest may
   * be lost at a power loss (synchronous=NORMAL). `full`: on the disk when it returns (synchronous=FULL).
   * Transactions do not nest.
   */
  transaction<T>(durability: Durability, work: () => T): T;
  close(): void;
}

export type Durability = 'normal' | 'full';

/** `locked`: another process has it. `damaged`: not a database, or its pages do not fit together. */
export class DatabaseError extends Error {
  readonly kind: 'locked' | 'damaged' | 'full' | 'unwritable' | 'other';
  constructor(kind: DatabaseError['kind'], message: string) {
    super(message);
    this.name = 'DatabaseError';
    this.kind = kind;
  }
}

/**
 * The `Databases` of a simulated process: SQLite in WebAssembly on the simulated drive, with the settings, durability
 * and kinds of error of the real adapter (`src/host/node/database.ts`); a test holds the two together.
 *
 * The process may die within a call; the call then throws `Killed`.
 */
import type { Database, Databases, Durability, SqlRow, SqlValue } from '../../src/host/database.ts';
import { DatabaseError } from '../../src/host/database.ts';
import { diskCode } from '../../src/host/disk.ts';
import { directoryOf } from '../../src/host/files.ts';
import type { Dice } from './dice.ts';
import type { Drive } from './drive.ts';
import type { Faults, Fired } from './faults.ts';
import { Killed, type WorldProcess } from './process.ts';
import { addMount, dropLocks, heap, removeMount, wasm } from './sqlite.ts';

interface Statement {
  readonly pointer: number;
  /** Of its columns, once it has given a row. */
  names: readonly string[];
}

export interface DatabaseOptions {
  readonly drive: Drive;
  readonly dice: Dice;
  readonly faults: Faults;
  readonly fired: Fired;
  /** Ends the process, or its whole machine, within a call. */
  readonly die: () => void;
}

const settings = `
  PRAGMA page_size = 4096;
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 64;
  PRAGMA journal_size_limit = 8388608;
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;
  PRAGMA foreign_keys = ON;
  PRAGMA cache_size = 64;
`;

const step = { row: 100, done: 101 } as const;
const column = { integer: 1, real: 2, text: 3, blob: 4 } as const;
/** SQLite copies what is bound before the call returns. */
const transient = -1;
const readWriteCreate = 0x2 | 0x4;
const scratchBytes = 64 * 1024;
const scratch = wasm.sqlite3_malloc!(scratchBytes);

export class WorldDatabases implements Databases {
  readonly #process: WorldProcess;
  readonly #drive: Drive;
  readonly #mount: number;

  constructor(process: WorldProcess, options: DatabaseOptions) {
    this.#process = process;
    this.#drive = options.drive;
    this.#mount = addMount({
      drive: options.drive,
      holder: process,
      alive: () => process.alive,
      before: (operation) => faultOf(operation, options),
    });
    process.atDeath(() => {
      dropLocks(process);
      options.drive.time.after(0, () => removeMount(this.#mount));
    });
  }

  open(path: string): Database {
    this.#process.mustLive();
    try {
      if (this.#drive.find(path) === null) {
        this.#drive.file(path, 0o600);
        this.#drive.syncDirectory(directoryOf(path));
      }
    } catch (error) {
      throw new DatabaseError(diskCode(error) === 'ENOSPC' ? 'full' : 'unwritable', String(error));
    }
    return new WorldDatabase(this.#process, `/@${this.#mount}${path}`);
  }
}

function faultOf(
  operation: 'write' | 'sync' | 'create',
  { dice, faults, fired, die }: DatabaseOptions,
): 'ENOSPC' | 'EIO' | null {
  if (faults.databaseDeath > 0 && dice.chance(faults.databaseDeath)) {
    fired.add('death within a database call');
    die();
    return null;
  }
  if (operation !== 'sync' && (faults.diskFull || dice.chance(faults.disk.ENOSPC))) {
    fired.add('database ENOSPC');
    return 'ENOSPC';
  }
  if (!dice.chance(faults.disk.EIO)) return null;
  fired.add('database EIO');
  return 'EIO';
}

class WorldDatabase implements Database {
  readonly #process: WorldProcess;
  readonly #handle: number;
  readonly #statements = new Map<string, Statement>();
  readonly #forget: () => void;
  #durability: Durability = 'normal';
  #inTransaction = false;
  #open = true;
  /** How deep in calls of SQLite we are: it must not be closed from within its own file layer. */
  #depth = 0;

  constructor(process: WorldProcess, name: string) {
    this.#process = process;
    this.#forget = process.atDeath(() => this.#abandon());
    const opened = withBytes(Buffer.from(`${name}\0`), (pointer) =>
      withBytes(new Uint8Array(4), (target) => {
        const code = wasm.sqlite3_open_v2!(pointer, target, readWriteCreate, 0);
        return { code, handle: heap().readInt32LE(target) };
      }),
    );
    this.#handle = opened.handle;
    try {
      this.#check(opened.code);
      this.exec(`${settings} BEGIN IMMEDIATE; COMMIT;`);
    } catch (error) {
      this.#free();
      throw error;
    }
  }

  exec(sql: string): void {
    this.#call(() =>
      withBytes(Buffer.from(`${sql}\0`), (pointer) =>
        this.#check(wasm.sqlite3_exec!(this.#handle, pointer, 0, 0, 0)),
      ),
    );
  }

  run(sql: string, ...values: SqlValue[]): { readonly changes: number; readonly lastId: number } {
    return this.#call(() => {
      this.#execute(sql, values, () => undefined);
      return {
        changes: wasm.sqlite3_changes!(this.#handle),
        lastId: Number(wasm.sqlite3_last_insert_rowid!(this.#handle)),
      };
    });
  }

  all(sql: string, ...values: SqlValue[]): SqlRow[] {
    return this.#call(() => {
      const rows: SqlRow[] = [];
      this.#execute(sql, values, (statement) => rows.push(rowOf(statement)));
      return rows;
    });
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
      const value = work();
      this.run('COMMIT');
      return value;
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#inTransaction = false;
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#process.mustLive();
    try {
      this.exec('PRAGMA journal_mode = DELETE');
    } catch (error) {
      if (error instanceof Killed) throw error;
      // What was committed is safe in the WAL.
    }
    this.#call(() => this.#free());
  }

  #rollBack(): void {
    if (!this.#process.alive || wasm.sqlite3_get_autocommit!(this.#handle) !== 0) return;
    this.exec('ROLLBACK');
  }

  #execute(sql: string, values: readonly SqlValue[], row: (statement: Statement) => void): void {
    const statement = this.#statement(sql);
    const { pointer } = statement;
    try {
      for (let index = 0; index < values.length; index += 1) {
        this.#check(bind(pointer, index + 1, values[index]!));
      }
      for (;;) {
        const code = wasm.sqlite3_step!(pointer);
        if (code === step.done) break;
        if (code !== step.row) this.#check(code);
        row(statement);
      }
    } finally {
      if (this.#open) {
        wasm.sqlite3_reset!(pointer);
        if (values.length > 0) wasm.sqlite3_clear_bindings!(pointer);
      }
    }
  }

  #statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const pointer = withBytes(Buffer.from(`${sql}\0`), (pointer) =>
      withBytes(new Uint8Array(4), (target) => {
        this.#check(wasm.sqlite3_prepare_v3!(this.#handle, pointer, -1, 1, target, 0));
        return heap().readInt32LE(target);
      }),
    );
    const statement: Statement = { pointer, names: [] };
    this.#statements.set(sql, statement);
    return statement;
  }

  #call<T>(work: () => T): T {
    this.#process.mustLive();
    if (!this.#open) throw new DatabaseError('other', 'the database is closed');
    this.#depth += 1;
    try {
      const value = work();
      if (!this.#process.alive) throw new Killed();
      return value;
    } catch (error) {
      throw this.#process.alive ? error : new Killed();
    } finally {
      this.#depth -= 1;
      if (!this.#process.alive) this.#abandon();
    }
  }

  /** The process is dead: gives the memory back; nothing reaches the drive any more. */
  #abandon(): void {
    if (this.#depth === 0 && this.#open) this.#free();
  }

  #free(): void {
    this.#open = false;
    this.#forget();
    for (const { pointer } of this.#statements.values()) wasm.sqlite3_finalize!(pointer);
    this.#statements.clear();
    wasm.sqlite3_close_v2!(this.#handle);
  }

  #check(code: number): void {
    if (code === 0) return;
    const message = cString(wasm.sqlite3_errmsg!(this.#handle));
    throw new DatabaseError(kindOf(code & 0xff), `${message} (${code})`);
  }
}

/** As the real adapter has it: https://www.sqlite.org/rescode.html */
function kindOf(code: number): DatabaseError['kind'] {
  switch (code) {
    case 5:
    case 6:
      return 'locked';
    case 11:
    case 26:
      return 'damaged';
    case 13:
      return 'full';
    case 3:
    case 8:
    case 14:
    case 23:
      return 'unwritable';
    default:
      return 'other';
  }
}

/** As the native binding does: numbers of 32 bits as integers, others as reals; text up to its first NUL. */
function bind(statement: number, index: number, value: SqlValue): number {
  if (value === null) return wasm.sqlite3_bind_null!(statement, index);
  if (typeof value === 'number') {
    return (value | 0) === value
      ? wasm.sqlite3_bind_int!(statement, index, value)
      : wasm.sqlite3_bind_double!(statement, index, value);
  }
  if (typeof value === 'bigint') return wasm.sqlite3_bind_int64!(statement, index, value);
  if (typeof value === 'string') {
    const end = value.indexOf('\0');
    return bindBytes(Buffer.from(end < 0 ? value : value.slice(0, end)), (pointer, count) =>
      wasm.sqlite3_bind_text!(statement, index, pointer, count, transient),
    );
  }
  return bindBytes(value, (pointer, count) =>
    wasm.sqlite3_bind_blob!(statement, index, pointer, count, transient),
  );
}

/** SQLite copies at once what is bound, so that one stretch of its memory serves for all that is short. */
function bindBytes(bytes: Uint8Array, call: (pointer: number, count: number) => number): number {
  if (bytes.length > scratchBytes) return withBytes(bytes, (pointer) => call(pointer, bytes.length));
  heap().set(bytes, scratch);
  return call(scratch, bytes.length);
}

function rowOf(statement: Statement): SqlRow {
  const row: SqlRow = {};
  const { pointer } = statement;
  const count = wasm.sqlite3_column_count!(pointer);
  if (statement.names.length !== count) statement.names = namesOf(pointer, count);
  for (let index = 0; index < count; index += 1) {
    row[statement.names[index]!] = columnValue(pointer, index);
  }
  return row;
}

function namesOf(statement: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => cString(wasm.sqlite3_column_name!(statement, index)));
}

function columnValue(statement: number, index: number): SqlValue {
  switch (wasm.sqlite3_column_type!(statement, index)) {
    case column.integer: {
      const value = wasm.sqlite3_column_int64!(statement, index) as unknown as bigint;
      const number = Number(value);
      if (!Number.isSafeInteger(number)) throw new DatabaseError('other', `${value} is too large`);
      return number;
    }
    case column.real:
      return wasm.sqlite3_column_double!(statement, index);
    case column.text:
      return cString(wasm.sqlite3_column_text!(statement, index));
    case column.blob: {
      const pointer = wasm.sqlite3_column_blob!(statement, index);
      const count = wasm.sqlite3_column_bytes!(statement, index);
      return Uint8Array.prototype.slice.call(heap(), pointer, pointer + count);
    }
    default:
      return null;
  }
}

function cString(pointer: number): string {
  const memory = heap();
  return memory.toString('utf8', pointer, memory.indexOf(0, pointer));
}

/** Copies bytes into the module's memory for the time of a call. */
function withBytes<T>(bytes: Uint8Array, work: (pointer: number) => T): T {
  const pointer = wasm.sqlite3_malloc!(Math.max(1, bytes.length));
  try {
    heap().set(bytes, pointer);
    return work(pointer);
  } finally {
    wasm.sqlite3_free!(pointer);
  }
}

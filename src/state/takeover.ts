/**
 * Reads what the Python originals left on disk. Only reading: what is proved, repeated or renamed is decided by the
 * agent. These files were written by other programs and are hostile input like any other.
 *
 * Seed A, `STATE_FILE`: {"last_position": n, "pending_batches": [{"id", "data": ["line", …], "timestamp",
 * "retry_count"}]}. `n` is what Python's `tell()` gives on a text file: the byte offset, or, from 2^63 on, the offset in
 * its low 64 bits with the decoder's state above them (CPython, Modules/_io/textio.c, `textiowrapper_build_cookie`).
 *
 * Seed B, `log_buffer.db`: log_buffer(id INTEGER PRIMARY KEY AUTOINCREMENT, log_text TEXT, source TEXT,
 * timestamp TEXT, created_at REAL); each row is a pending line.
 */
import type { Database, Databases, SqlRow, SqlValue } from '../host/database.ts';
import { DatabaseError } from '../host/database.ts';

export type TakenOver<Value> =
  | { readonly kind: 'read'; readonly value: Value }
  /** The file is not what the original writes; `cause` says why, without quoting its content. */
  | { readonly kind: 'unreadable'; readonly cause: string };

export interface SyncLogsState {
  /** A byte offset that the original believed to have read up to; null where it names none. */
  readonly position: number | null;
  /** Oldest first. */
  readonly pending: readonly PendingBatch[];
}

export interface PendingBatch {
  /** Without line ends. */
  readonly lines: readonly Uint8Array[];
  /** Milliseconds since the epoch; null where the batch has no usable time. */
  readonly readAtMs: number | null;
}

export interface BufferedRow {
  /** Without a line end. */
  readonly line: Uint8Array;
  readonly source: string;
  /** As the original wrote it, ISO 8601; '' where it wrote none. */
  readonly timestamp: string;
}

export function readSyncLogsState(bytes: Uint8Array): TakenOver<SyncLogsState> {
  const text = Buffer.from(bytes).toString('utf8');
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return { kind: 'unreadable', cause: 'it is not JSON' };
  }
  if (!isObject(found)) return { kind: 'unreadable', cause: 'it is not a JSON object' };
  const { last_position: last, pending_batches: batches } = found;
  if (last === undefined && batches === undefined) {
    return { kind: 'unreadable', cause: 'it has neither last_position nor pending_batches' };
  }
  const position = last === undefined || last === null ? null : positionIn(text);
  if (position === undefined) return { kind: 'unreadable', cause: 'last_position is no file position' };
  if (batches !== undefined && batches !== null && !Array.isArray(batches)) {
    return { kind: 'unreadable', cause: 'pending_batches is not a list' };
  }
  const pending: PendingBatch[] = [];
  for (const batch of (batches ?? []) as unknown[]) {
    const lines = isObject(batch) ? batch.data : undefined;
    if (!isObject(batch) || !Array.isArray(lines)) {
      return { kind: 'unreadable', cause: 'a pending batch has no list of lines' };
    }
    const seconds = batch.timestamp;
    const timed = typeof seconds === 'number' && seconds > 0 && seconds < 1e11;
    pending.push({
      lines: lines.map((line) => lineBytes(typeof line === 'string' ? line : JSON.stringify(line))),
      readAtMs: timed ? Math.round(seconds * 1000) : null,
    });
  }
  return { kind: 'read', value: { position, pending } };
}

/**
 * The number as it stands in the text: as a JavaScript number it would lose digits from 2^53 on. Within a JSON string
 * the name's quotes are escaped, so only the key itself matches. Undefined: no position.
 */
function positionIn(text: string): number | undefined {
  const digits = /"last_position"\s*:\s*(\d{1,80})(?![\d.eE])/.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const cookie = BigInt(digits);
  const position = cookie >= 2n ** 63n ? BigInt.asUintN(64, cookie) : cookie;
  return position <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(position) : undefined;
}

/** How many rows are held in memory at once. */
const pageRows = 1000;

export interface IlaSocBuffer {
  readonly rows: number;
  /** Pages of rows, oldest first by `created_at`, then by id. Read before `close`. */
  pages(): Iterable<readonly BufferedRow[]>;
  close(): void;
}

/** The file must exist: opening would create it. */
export function readIlaSocBuffer(databases: Databases, path: string): TakenOver<IlaSocBuffer> {
  let database: Database;
  try {
    database = databases.open(path);
  } catch (error) {
    if (error instanceof DatabaseError)
      return { kind: 'unreadable', cause: `${error.kind}: ${error.message}` };
    throw error;
  }
  try {
    const columns = database.all('PRAGMA table_info(log_buffer)').map((row) => String(row.name));
    const missing = ['id', 'log_text', 'source', 'timestamp', 'created_at'].filter(
      (name) => !columns.includes(name),
    );
    if (missing.length > 0) {
      database.close();
      return { kind: 'unreadable', cause: `its table log_buffer lacks ${missing.join(', ')}` };
    }
    const ids = database
      .all('SELECT id FROM log_buffer ORDER BY created_at, id')
      .map((row) => row.id as SqlValue);
    const value = {
      rows: ids.length,
      pages: () => pagesOf(database, ids),
      close: () => database.close(),
    };
    return { kind: 'read', value };
  } catch (error) {
    database.close();
    if (error instanceof DatabaseError)
      return { kind: 'unreadable', cause: `${error.kind}: ${error.message}` };
    throw error;
  }
}

function* pagesOf(database: Database, ids: readonly SqlValue[]): Iterable<readonly BufferedRow[]> {
  for (let from = 0; from < ids.length; from += pageRows) {
    yield ids.slice(from, from + pageRows).map((id) => {
      const [row] = database.all('SELECT log_text, source, timestamp FROM log_buffer WHERE id = ?', id);
      return rowOf(row ?? {});
    });
  }
}

function rowOf(row: SqlRow): BufferedRow {
  const { log_text: text, source, timestamp } = row;
  const line = text instanceof Uint8Array ? text : lineBytes(String(text ?? ''));
  return { line, source: String(source ?? ''), timestamp: String(timestamp ?? '') };
}

/** Bytes that were no UTF-8 stand in Python's texts as lone surrogates U+DC80 to U+DCFF (PEP 383). */
function lineBytes(text: string): Uint8Array {
  if (!/\p{Cs}/u.test(text)) return Buffer.from(text);
  const parts: Uint8Array[] = [];
  for (const char of text) {
    const code = char.codePointAt(0)!;
    parts.push(code >= 0xdc80 && code <= 0xdcff ? Uint8Array.of(code - 0xdc00) : Buffer.from(char));
  }
  return Buffer.concat(parts);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

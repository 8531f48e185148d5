/**
 * The state in one SQLite file, and the only SQL an agent has. See `state.ts` for the contract and `schema.ts` for the
 * tables.
 *
 * The file's space is reused, not given back, while the agent runs; a file that a long outage has blown up is
 * compacted when it is opened.
 */
import type { BatchKey, Segment } from '../event/batch.ts';
import type { Chain } from '../event/chain.ts';
import type { StreamRecord } from '../event/stream.ts';
import type { Database, DatabaseShape, Databases, Durability, SqlRow } from '../host/database.ts';
import { DatabaseError } from '../host/database.ts';
import { printablePath } from '../host/disk.ts';
import { AlmadiaError } from '../host/errors.ts';
import { seenBy } from './forgotten.ts';
import { type HourEntry, hourlyOf, keyOfHour } from './hours.ts';
import { applicationId, identify, knownVersion, upgrade } from './schema.ts';
import type {
  Change,
  Cursor,
  History,
  Kept,
  LedgerEntry,
  Loss,
  Seen,
  Snapshot,
  State,
  StoredBatch,
} from './state.ts';
import { hoursMax, lossesMax } from './state.ts';

/** Unused bytes in the file, and more than half of it, from which on it is compacted at the next opening. */
const wasteBytesMax = 64 * 1024 * 1024;

/** Most commits are a few rows: an eighth of the bytes that the store's pages would make of them. */
const stateShape: DatabaseShape = { pageBytes: 8 * 1024 };

/**
 * Throws `DatabaseError`, `damaged` also where the file is sound but not a state of ours; `AlmadiaError` STATE_NEWER.
 * It reads the file as a whole once: damage has to be found before an agent builds on it.
 */
export function openSqliteState(databases: Databases, path: string): State {
  const database = databases.open(path, stateShape);
  try {
    upgrade(database, checkFile(database, path));
    compact(database);
    return new SqliteState(database, path);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Gives the file's format, 0 for an empty one. */
function checkFile(database: Database, path: string): number {
  const { application, version } = identify(database);
  const tables = Number(database.all('SELECT count(*) AS tables FROM sqlite_schema')[0]?.tables);
  if (application !== applicationId && (version !== 0 || tables !== 0)) {
    throw new DatabaseError('damaged', 'it is the database of another program');
  }
  if (version > knownVersion) {
    throw new AlmadiaError('STATE_NEWER', { path: printablePath(path), found: version, known: knownVersion });
  }
  const [fault] = database.all('PRAGMA quick_check(1)');
  if (fault?.quick_check !== 'ok') throw new DatabaseError('damaged', String(fault?.quick_check));
  return version;
}

function compact(database: Database): void {
  const [row] = database.all(
    `SELECT freelist_count * page_size AS waste, page_count * page_size AS size
     FROM pragma_freelist_count, pragma_page_count, pragma_page_size`,
  );
  const waste = Number(row?.waste);
  if (waste <= wasteBytesMax || waste * 2 <= Number(row?.size)) return;
  try {
    database.exec('VACUUM');
  } catch (error) {
    // It needs room for a copy of what is left. Without that the file stays as large as it is, and good.
    if (!(error instanceof DatabaseError) || error.kind === 'damaged') throw error;
  }
}

class SqliteState implements State {
  readonly snapshot: Snapshot;
  readonly #database: Database;
  readonly #path: string;
  /** The hour to which something was added last. */
  #hourMs = Number.NaN;

  constructor(database: Database, path: string) {
    this.#database = database;
    this.#path = path;
    this.snapshot = readSnapshot(database);
  }

  commit(changes: readonly Change[], durability: Durability): void {
    this.#attempt(() =>
      this.#database.transaction(durability, () => {
        for (const change of changes) applyChange(this.#database, change);
        for (const entry of hourlyOf(changes)) this.#addToHour(entry);
      }),
    );
  }

  ledger(stream?: string): readonly LedgerEntry[] {
    return this.#attempt(() => readLedger(this.#database, stream));
  }

  history(output: string, sinceMs: number): History {
    return this.#attempt(() => readHistory(this.#database, output, sinceMs));
  }

  #addToHour(entry: HourEntry): void {
    addToHour(this.#database, entry);
    if (entry.startMs === this.#hourMs) return;
    forgetOldHours(this.#database);
    this.#hourMs = entry.startMs;
  }

  kept(output: string, kind: Kept['kind']): readonly Kept[] {
    const sql = 'SELECT output, kind, name, value FROM kept WHERE output = ? AND kind = ? ORDER BY name';
    return this.#attempt(() => plainRows<Kept>(this.#database.all(sql, output, kind)));
  }

  body(key: BatchKey): Uint8Array | null {
    const [row] = this.#attempt(() =>
      this.#database.all(
        'SELECT bytes FROM body WHERE output = ? AND sequence = ? AND part = ?',
        ...columns(key),
      ),
    );
    return row === undefined ? null : (row.bytes as Uint8Array);
  }

  close(): void {
    this.#attempt(() => this.#database.close());
  }

  #attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      const code = error.kind === 'full' ? 'STATE_FULL' : 'STATE_BROKEN';
      throw new AlmadiaError(
        code,
        { path: printablePath(this.#path), cause: error.message },
        { cause: error },
      );
    }
  }
}

function applyChange(database: Database, change: Change): void {
  switch (change.kind) {
    case 'stream':
      database.run(
        'INSERT INTO stream VALUES (?, ?) ON CONFLICT DO UPDATE SET record = excluded.record',
        change.stream.id,
        encodeStream(change.stream),
      );
      return;
    case 'forget-stream':
      forgetStream(database, change.id, change.seen);
      return;
    case 'cursor': {
      const { stream, output, read, watermark } = change.cursor;
      database.run('INSERT OR REPLACE INTO cursor VALUES (?, ?, ?, ?)', stream, output, read, watermark);
      return;
    }
    case 'batch':
      keepBatch(database, change.stored, change.body);
      return;
    case 'forget-batch':
      database.run(
        'DELETE FROM batch WHERE output = ? AND sequence = ? AND part = ?',
        ...columns(change.key),
      );
      database.run('DELETE FROM body WHERE output = ? AND sequence = ? AND part = ?', ...columns(change.key));
      return;
    case 'ledger': {
      const { stream, output, term, reason, bytes, lines } = change.add;
      database.run(
        `INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?) ${addUp}`,
        stream,
        output,
        term,
        reason,
        bytes,
        lines,
      );
      return;
    }
    case 'loss':
      keepLoss(database, change.loss);
      return;
    case 'note':
      database.run('INSERT OR REPLACE INTO note VALUES (?, ?)', change.name, change.value);
      return;
    case 'keep': {
      const { output, kind, name, value } = change.kept;
      database.run('INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)', output, kind, name, value);
      return;
    }
    case 'drop': {
      const { output, kind, name } = change.dropped;
      database.run('DELETE FROM kept WHERE output = ? AND kind = ? AND name = ?', output, kind, name);
      return;
    }
  }
}

function addToHour(database: Database, entry: HourEntry): void {
  const { startMs, output, term, reason, bytes, lines } = entry;
  database.run(
    `INSERT INTO hour VALUES (?, ?, ?, ?, ?, ?) ${addUp}`,
    ...[startMs, output, term, reason, bytes, lines],
  );
}

function forgetOldHours(database: Database): void {
  database.run(
    `DELETE FROM hour WHERE start_ms <
      (SELECT min(start_ms) FROM (SELECT DISTINCT start_ms FROM hour ORDER BY start_ms DESC LIMIT ${hoursMax}))`,
  );
}

function keepLoss(database: Database, loss: Loss): void {
  const { atMs, output, stream, path, from, to, term, reason } = loss;
  const { lastId } = database.run(
    'INSERT INTO loss VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[atMs, output, stream, path, from, to, term, reason],
  );
  database.run('DELETE FROM loss WHERE number <= ?', lastId - lossesMax);
}

function readLedger(database: Database, stream?: string): readonly LedgerEntry[] {
  const all = 'SELECT stream, output, term, reason, bytes, lines FROM ledger';
  const rows = stream === undefined ? database.all(all) : database.all(`${all} WHERE stream = ?`, stream);
  // Named one by one: rows of the binding, and copies of them, are slow to read, and there may be many thousand.
  return rows.map((row) => ({
    stream: String(row.stream),
    output: String(row.output),
    term: row.term as LedgerEntry['term'],
    reason: String(row.reason),
    bytes: Number(row.bytes),
    lines: Number(row.lines),
  }));
}

function readHistory(database: Database, output: string, sinceMs: number): History {
  const startMs = keyOfHour(sinceMs);
  const [kept] = database.all('SELECT count(DISTINCT start_ms) AS hours, min(start_ms) AS first FROM hour');
  const full = Number(kept?.hours) >= hoursMax;
  const first = Number(kept?.first ?? 0);
  return {
    fromMs: full ? Math.max(startMs, first) : startMs,
    terms: plainRows(
      database.all(
        `SELECT output, term, reason, sum(bytes) AS bytes, sum(lines) AS lines FROM hour
         WHERE output = ? AND start_ms >= ? GROUP BY output, term, reason`,
        ...[output, startMs],
      ),
    ),
    losses: plainRows(
      database.all(
        `SELECT at_ms AS atMs, output, stream, path, first AS "from", past AS "to", term, reason FROM loss
         WHERE output = ? AND at_ms >= ? ORDER BY number`,
        ...[output, startMs],
      ),
    ),
  };
}

const addUp = 'ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes, lines = lines + excluded.lines';

function forgetStream(database: Database, id: string, seen: Seen | undefined): void {
  database.run('DELETE FROM stream WHERE id = ?', id);
  database.run('DELETE FROM cursor WHERE stream = ?', id);
  if (id === '') return;
  for (const { output, bytes, lines } of seenBy(readLedger(database, id), seen)) {
    database.run(`INSERT INTO ledger VALUES ('', ?, 'seen', '', ?, ?) ${addUp}`, output, bytes, lines);
  }
  database.run(
    `INSERT INTO ledger SELECT '', output, term, reason, bytes, lines FROM ledger WHERE stream = ? ${addUp}`,
    id,
  );
  database.run('DELETE FROM ledger WHERE stream = ?', id);
}

function keepBatch(database: Database, stored: StoredBatch, body: readonly Uint8Array[] | undefined): void {
  const { batch, status, attempts, reason, atMs } = stored;
  database.run(
    'INSERT OR REPLACE INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...columns(batch.key),
    ...[batch.id, batch.readAtMs, batch.records, batch.bytes, JSON.stringify(batch.segments)],
    ...[status, attempts, reason, atMs, batch.chain === undefined ? null : JSON.stringify(batch.chain)],
  );
  if (body === undefined) return;
  const block = body.length === 1 ? body[0]! : Buffer.concat(body);
  database.run('INSERT OR REPLACE INTO body VALUES (?, ?, ?, ?)', ...columns(batch.key), block);
}

function columns(key: BatchKey): [string, number, string] {
  return [key.output, key.sequence, key.part];
}

function readSnapshot(database: Database): Snapshot {
  try {
    return readTables(database);
  } catch (error) {
    // A row that is not what `encodeStream` wrote: the pages fit together, the content does not.
    if (error instanceof SyntaxError || error instanceof TypeError) {
      throw new DatabaseError('damaged', error.message);
    }
    throw error;
  }
}

function readTables(database: Database): Snapshot {
  return {
    streams: database.all('SELECT record FROM stream').map((row) => decodeStream(String(row.record))),
    cursors: plainRows<Cursor>(database.all('SELECT stream, output, read, watermark FROM cursor')),
    batches: database.all('SELECT * FROM batch ORDER BY output, sequence, part').map(decodeBatch),
    ledger: readLedger(database),
    notes: new Map(
      database.all('SELECT name, value FROM note').map((row) => [String(row.name), String(row.value)]),
    ),
  };
}

/** Rows whose columns are named as the members of `T`. */
function plainRows<T>(rows: readonly SqlRow[]): T[] {
  return rows.map((row) => ({ ...row }) as T);
}

function encodeStream(stream: StreamRecord): string {
  return JSON.stringify(stream, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}

function decodeStream(text: string): StreamRecord {
  const stream = JSON.parse(text);
  const { device, inode, birthTimeNs } = stream.identity;
  return {
    ...stream,
    identity: {
      device: BigInt(device),
      inode: BigInt(inode),
      birthTimeNs: birthTimeNs === null ? null : BigInt(birthTimeNs),
    },
  };
}

function decodeBatch(row: SqlRow): StoredBatch {
  return {
    batch: {
      key: { output: String(row.output), sequence: Number(row.sequence), part: String(row.part) },
      id: String(row.id),
      readAtMs: Number(row.read_at_ms),
      segments: JSON.parse(String(row.segments)) as Segment[],
      records: Number(row.records),
      bytes: Number(row.bytes),
      ...(row.chain === null ? {} : { chain: JSON.parse(String(row.chain)) as Chain }),
    },
    status: row.status as StoredBatch['status'],
    attempts: Number(row.attempts),
    reason: String(row.reason),
    atMs: Number(row.at_ms),
  };
}

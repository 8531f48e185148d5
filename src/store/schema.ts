/**
 * The tables of the hub's store, and its opening. The number of the format is SQLite's `user_version`.
 *
 * - `streams`: one row for each stream, forks too. `root` is the stream that the sender named; a stream that is no
 *   fork is its own root. `lines`, `bytes` and `duplicates` are running totals.
 * - `ranges`: which positions of a stream are stored; disjoint, and never two that touch. Apart from the blocks, so
 *   that they outlive them.
 * - `gaps`: positions that the sender said it cannot read, less those that came after all; disjoint.
 * - `blocks`: the lines. A block covers its range without holes, and blocks of one stream do not overlap; so their
 *   order by `end` is the order by position. `loose` blocks are small and wait to be merged.
 * - `notes`: small texts by kind and name.
 * - `epochs`: chains of an agent's batches. `contiguous` and `hash`: how far each is whole; `left_…`: the link of the epoch
 *   before at which the agent left it, and `reason` why; '' where it did not say.
 *   `pruned` and `pruned_hash`: up to which link the links were removed, with the lines that they stood for.
 * - `links`: every batch or part of one that is stored, or stated as set aside (`content` is then empty). Of one place more
 *   than one is a broken chain. `segments` is where its bytes lie (`chain.ts`). Hashes are bytes.
 * - `descriptions`: what an agent remembers of a stream, the newest by epoch and sequence.
 * - `removed`: positions that retention has removed; disjoint, and never two that touch. They stay in `ranges`.
 * - `events`: what somebody should know; `name` makes what is seen twice one event.
 *
 * Ranges and gaps have their end in the key: what is asked for nearly always lies at the end of a stream.
 */
import { noLink } from '../event/chain.ts';
import type { Database, DatabaseShape, Databases } from '../host/database.ts';
import { DatabaseError } from '../host/database.ts';
import { AlmadiaError } from '../host/errors.ts';

/** 1 had blocks of version 1 only, compressed with gzip, and 2 the same tables; 3 has chains and events, 4 retention. */
const format = 4;

const tables = `
  CREATE TABLE streams (
    number INTEGER PRIMARY KEY, agent TEXT NOT NULL, id TEXT NOT NULL, root TEXT NOT NULL,
    path TEXT NOT NULL, source TEXT NOT NULL,
    lines INTEGER NOT NULL, bytes INTEGER NOT NULL, duplicates INTEGER NOT NULL,
    UNIQUE (agent, id)
  );
  CREATE INDEX streams_by_root ON streams (agent, root);
  CREATE TABLE ranges (
    stream INTEGER NOT NULL, "end" INTEGER NOT NULL, start INTEGER NOT NULL,
    PRIMARY KEY (stream, "end")
  ) WITHOUT ROWID;
  CREATE TABLE gaps (
    stream INTEGER NOT NULL, "end" INTEGER NOT NULL, start INTEGER NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (stream, "end")
  ) WITHOUT ROWID;
  CREATE TABLE blocks (
    number INTEGER PRIMARY KEY, stream INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    agent TEXT NOT NULL, records INTEGER NOT NULL, content_bytes INTEGER NOT NULL, received_ms INTEGER NOT NULL,
    loose INTEGER NOT NULL, body BLOB NOT NULL
  );
  CREATE INDEX blocks_by_position ON blocks (stream, "end");
  CREATE INDEX blocks_by_time ON blocks (received_ms, number);
  CREATE INDEX blocks_by_agent_and_time ON blocks (agent, received_ms, number);
  CREATE INDEX loose_blocks ON blocks (stream, "end") WHERE loose = 1;
  CREATE TABLE notes (
    kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (kind, name)
  ) WITHOUT ROWID;
`;

const chainTables = `
  CREATE TABLE epochs (
    number INTEGER PRIMARY KEY, agent TEXT NOT NULL, id TEXT NOT NULL,
    contiguous INTEGER NOT NULL, hash BLOB NOT NULL, repeats INTEGER NOT NULL,
    reason TEXT NOT NULL, left_epoch TEXT, left_sequence INTEGER, left_hash BLOB,
    UNIQUE (agent, id)
  );
  CREATE TABLE links (
    epoch INTEGER NOT NULL, sequence INTEGER NOT NULL, part TEXT NOT NULL, hash BLOB NOT NULL, content BLOB NOT NULL,
    previous BLOB NOT NULL, batch TEXT NOT NULL, batch_content BLOB NOT NULL, segments TEXT NOT NULL,
    PRIMARY KEY (epoch, sequence, part, hash, content)
  ) WITHOUT ROWID;
  CREATE TABLE descriptions (
    agent TEXT NOT NULL, stream TEXT NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (agent, stream)
  ) WITHOUT ROWID;
  CREATE TABLE events (
    number INTEGER PRIMARY KEY, agent TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, at_ms INTEGER NOT NULL,
    stream TEXT, path TEXT, detail TEXT NOT NULL,
    UNIQUE (agent, name)
  );
  CREATE INDEX events_by_agent ON events (agent, number);
`;

const retentionTables = `
  CREATE TABLE removed (
    stream INTEGER NOT NULL, "end" INTEGER NOT NULL, start INTEGER NOT NULL,
    PRIMARY KEY (stream, "end")
  ) WITHOUT ROWID;
  ALTER TABLE epochs ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE epochs ADD COLUMN pruned_hash BLOB NOT NULL DEFAULT x'${noLink}';
`;

/** What each format added to the one before. */
const steps: readonly { readonly format: number; readonly sql: string }[] = [
  { format: 1, sql: tables },
  { format: 3, sql: chainTables },
  { format: 4, sql: retentionTables },
];

/**
 * A commit changes a page of each of eight tables and indexes, whatever it stores: with the pages of 32 KiB that suit
 * large values, 256 KiB beside some 200 of lines. The lines themselves cost the same in both.
 */
const shape: DatabaseShape = { pageBytes: 8 * 1024 };

/** Throws `AlmadiaError` HUB_LOCKED, STORE_DAMAGED, STORE_NEWER, STORE_UNWRITABLE or STORE_FULL. */
export function openDatabase(databases: Databases, path: string): Database {
  const database = openFile(databases, path);
  try {
    const found = Number(database.all('PRAGMA user_version')[0]!.user_version);
    if (found > format) throw new AlmadiaError('STORE_NEWER', { path, found, known: format });
    if (found === 0) refuseForeign(database, path);
    if (found < format) {
      database.transaction('full', () => {
        for (const step of steps) if (step.format > found) database.exec(step.sql);
        database.exec(`PRAGMA user_version = ${format}`);
      });
    }
    return database;
  } catch (error) {
    database.close();
    throw asOpeningError(error, path);
  }
}

function openFile(databases: Databases, path: string): Database {
  try {
    return databases.open(path, shape);
  } catch (error) {
    throw asOpeningError(error, path);
  }
}

/** A file that holds tables but no format number is somebody else's database. */
function refuseForeign(database: Database, path: string): void {
  if (database.all('SELECT name FROM sqlite_master LIMIT 1').length > 0) {
    throw new AlmadiaError('STORE_DAMAGED', { path, cause: 'it is a database, but not of a hub' });
  }
}

function asOpeningError(error: unknown, path: string): unknown {
  if (!(error instanceof DatabaseError)) return error;
  const cause = error.message;
  switch (error.kind) {
    case 'locked':
      return new AlmadiaError('HUB_LOCKED', { path }, { cause: error });
    case 'damaged':
      return new AlmadiaError('STORE_DAMAGED', { path, cause }, { cause: error });
    case 'full':
      return new AlmadiaError('STORE_FULL', { path }, { cause: error });
    case 'unwritable':
    case 'other':
      return new AlmadiaError('STORE_UNWRITABLE', { path, cause }, { cause: error });
  }
}

/** What a failed read or write of an open store means for those who asked. */
export function asStoreError(error: unknown, path: string): unknown {
  if (!(error instanceof DatabaseError)) return error;
  if (error.kind === 'full') return new AlmadiaError('STORE_FULL', { path }, { cause: error });
  return new AlmadiaError('STORE_BROKEN', { path, cause: error.message }, { cause: error });
}

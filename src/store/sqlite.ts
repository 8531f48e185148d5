/** The store in one SQLite file: see `schema.ts` for its tables, `block.ts` for the bytes in them. */
import { type Database, DatabaseError, type Databases } from '../host/database.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { Work } from '../host/work.ts';
import { auditStreams } from './audit.ts';
import { blockBytesMin } from './block.ts';
import { auditChains } from './chain-audit.ts';
import { ChainRows, type EpochRow } from './chain-rows.ts';
import { EventRows } from './event-rows.ts';
import { Intake, type StoredBlocks } from './intake.ts';
import { Packer } from './packer.ts';
import { agentStreams, readPages, summaries } from './query.ts';
import { retain } from './retention.ts';
import { asStoreError, openDatabase } from './schema.ts';
import { Search } from './search.ts';
import type { ChainSummary, Notes, Store } from './store.ts';
import { Tables } from './tables.ts';

export interface SqliteStore extends Store {
  /** Resolves when the merging of small blocks has nothing left to do. */
  merged(): Promise<void>;
}

/** Throws `AlmadiaError` HUB_LOCKED, STORE_DAMAGED, STORE_NEWER, STORE_UNWRITABLE, STORE_FULL. */
export function openStore(
  path: string,
  machine: { readonly databases: Databases; readonly work: Work; readonly log: SelfLog },
): SqliteStore {
  const database = openDatabase(machine.databases, path);
  const tables = new Tables(database);
  const chains = new ChainRows(database);
  const events = new EventRows(database);
  const packer = new Packer(database, tables, machine);
  const stored = (written: readonly StoredBlocks[]) => {
    for (const { stream, blocks } of written) {
      const loose = blocks.filter((block) => block.contentBytes < blockBytesMin);
      if (loose.length === 0) continue;
      const bytes = loose.reduce((sum, block) => sum + block.contentBytes, 0);
      packer.added(stream, { blocks: loose.length, bytes });
    }
  };
  let retaining: Promise<unknown> = Promise.resolve();
  const intake = new Intake(database, tables, { path, work: machine.work, stored, chains, events });
  return {
    commit: (arrival) => intake.commit(arrival),
    read: (query) => readPages(query, tables, machine.work),
    streams: (agent) => summaries(agent, tables),
    agentStreams: (agent, page) => guarded(path, () => agentStreams(agent, page, { tables, chains })),
    lastLink: (agent, epoch) =>
      guarded(path, () => {
        const found = (epoch === null ? null : chains.epoch(agent, epoch)) ?? chains.newestEpoch(agent);
        if (found === null) return null;
        const { number, epoch: id, sequence, hash } = found;
        return { epoch: id, sequence, hash, highest: chains.newestSequence(number) };
      }),
    chains: (agent) => guarded(path, () => chains.epochs(agent).map((epoch) => summaryOf(epoch, chains))),
    events: (agent, page) => guarded(path, () => events.list(agent, page)),
    addEvents: (added) =>
      guarded(path, () =>
        database.transaction('full', () => {
          for (const event of added) events.add(event);
        }),
      ),
    auditChains: (agent, content) => auditChains(agent, { chains, tables, work: machine.work, content }),
    search: new Search(tables, machine.work),
    audit: (agent, content) =>
      auditStreams(summaries(agent, tables), { tables, work: machine.work, content }),
    retain: async (rules, nowMs, signal) => {
      try {
        const parts = { database, tables, chains, work: machine.work, signal };
        const retained = retain(rules, nowMs, parts);
        retaining = retained;
        return await retained;
      } catch (error) {
        throw asStoreError(error, path);
      }
    },
    hold: () => guarded(path, () => holdFile(database)),
    notes: notesOf(database, path),
    merged: () => packer.idle(),
    close: async () => {
      await intake.drained();
      await Promise.all([packer.close(), retaining.catch(() => undefined)]);
      database.close();
    },
  };
}

/** https://www.sqlite.org/wal.html: only a checkpoint writes into the file itself. */
function holdFile(database: Database): () => void {
  const pages = Number(database.all('PRAGMA wal_autocheckpoint')[0]!.wal_autocheckpoint);
  const [found] = database.all('PRAGMA wal_checkpoint(TRUNCATE)');
  if (found!.busy !== 0) throw new DatabaseError('other', 'the write-ahead log cannot be written back now');
  database.exec('PRAGMA wal_autocheckpoint = 0');
  return () => database.exec(`PRAGMA wal_autocheckpoint = ${pages}`);
}

function summaryOf(
  { number, agent, epoch, left, repeats, sequence }: EpochRow,
  chains: ChainRows,
): ChainSummary {
  return { agent, epoch, left, repeats, contiguousTo: sequence, newest: chains.newestSequence(number) };
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asStoreError(error, path);
  }
}

function notesOf(database: Database, path: string): Notes {
  return {
    get: (kind, name) =>
      guarded(path, () => {
        const row = database.all('SELECT value FROM notes WHERE kind = ? AND name = ?', kind, name)[0];
        return row === undefined ? null : String(row.value);
      }),
    list: (kind) =>
      guarded(path, () =>
        database
          .all('SELECT name, value FROM notes WHERE kind = ? ORDER BY name', kind)
          .map((row) => ({ name: String(row.name), value: String(row.value) })),
      ),
    put: (kind, name, { value, durability }) =>
      guarded(path, () =>
        database.transaction(durability, () => {
          if (value === null) database.run('DELETE FROM notes WHERE kind = ? AND name = ?', kind, name);
          else
            database.run(
              'INSERT OR REPLACE INTO notes (kind, name, value) VALUES (?,?,?)',
              kind,
              name,
              value,
            );
        }),
      ),
  };
}

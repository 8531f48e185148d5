/**
 * The rows of chains: epochs, links and descriptions. Calls that write stand inside a transaction of the caller. Hashes are
 * hexadecimal here and bytes in the file.
 */
import type { Breaks, Chain, LinkPlace } from '../event/chain.ts';
import type { Database, SqlRow, SqlValue } from '../host/database.ts';

export interface EpochRow extends LinkPlace {
  readonly number: number;
  readonly agent: string;
  readonly repeats: number;
  readonly left: Breaks | null;
  /** Up to which link the links were removed; 0 and no link where none was. */
  readonly pruned: LinkMark;
}

/** A link's place in its epoch. */
export type LinkMark = Pick<LinkPlace, 'sequence' | 'hash'>;

export interface LinkRow {
  readonly epoch: number;
  readonly sequence: number;
  readonly part: string;
  readonly hash: string;
  readonly previous: string;
  readonly batchId: string;
  /** Of the whole batch. */
  readonly batchHash: string;
  /** Of the bytes that came; '' for a batch that was only stated. */
  readonly contentHash: string;
  /** Where its bytes lie, as JSON (`chain.ts`). */
  readonly segments: string;
}

export class ChainRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  epochs(agent: string | null): EpochRow[] {
    const where = agent === null ? '' : 'WHERE agent = ?';
    const sql = `SELECT * FROM epochs ${where} ORDER BY number`;
    return this.#database.all(sql, ...(agent === null ? [] : [agent])).map(epochOf);
  }

  epoch(agent: string, id: string): EpochRow | null {
    const row = this.#database.all('SELECT * FROM epochs WHERE agent = ? AND id = ?', agent, id)[0];
    return row === undefined ? null : epochOf(row);
  }

  newestEpoch(agent: string): EpochRow | null {
    const sql = 'SELECT * FROM epochs WHERE agent = ? ORDER BY number DESC LIMIT 1';
    const row = this.#database.all(sql, agent)[0];
    return row === undefined ? null : epochOf(row);
  }

  addEpoch(agent: string, { epoch, hash, sequence }: LinkPlace): number {
    return this.#database.run(
      `INSERT INTO epochs (agent, id, contiguous, hash, repeats, reason) VALUES (?,?,?,?,0,'')`,
      ...[agent, epoch, sequence, bytesOf(hash)],
    ).lastId;
  }

  leave(number: number, { epoch, sequence, hash, reason }: Breaks): void {
    this.#database.run(
      'UPDATE epochs SET reason = ?, left_epoch = ?, left_sequence = ?, left_hash = ? WHERE number = ?',
      ...[reason, epoch, sequence, bytesOf(hash), number],
    );
  }

  reach(number: number, { sequence, hash }: Pick<LinkPlace, 'sequence' | 'hash'>): void {
    const sql = 'UPDATE epochs SET contiguous = ?, hash = ? WHERE number = ?';
    this.#database.run(sql, sequence, bytesOf(hash), number);
  }

  prune(number: number, { sequence, hash }: LinkMark): void {
    this.#database.run('DELETE FROM links WHERE epoch = ? AND sequence <= ?', number, sequence);
    const sql = 'UPDATE epochs SET pruned = ?, pruned_hash = ? WHERE number = ?';
    this.#database.run(sql, sequence, bytesOf(hash), number);
  }

  /** Whether this very batch, or part of one, is stored already. */
  hasLink({ agent, epoch, sequence, part, hash, contentHash }: LinkName): boolean {
    const sql = `SELECT 1 FROM links WHERE epoch = (SELECT number FROM epochs WHERE agent = ? AND id = ?)
      AND sequence = ? AND part = ? AND hash = ? AND content = ?`;
    const values = [agent, epoch, sequence, part, bytesOf(hash), bytesOf(contentHash)];
    return this.#database.all(sql, ...values).length > 0;
  }

  repeat(number: number): void {
    this.#database.run('UPDATE epochs SET repeats = repeats + 1 WHERE number = ?', number);
  }

  /** False where it is there already. */
  addLink(row: LinkRow): boolean {
    const { epoch, sequence, part, hash, contentHash, previous, batchId, batchHash, segments } = row;
    const { changes } = this.#database.run(
      `INSERT OR IGNORE INTO links
         (epoch, sequence, part, hash, content, previous, batch, batch_content, segments) VALUES (?,?,?,?,?,?,?,?,?)`,
      ...[epoch, sequence, part, bytesOf(hash), bytesOf(contentHash), bytesOf(previous)],
      ...[batchId, bytesOf(batchHash), segments],
    );
    return changes > 0;
  }

  linksAt(epoch: number, sequence: number): LinkRow[] {
    const sql = 'SELECT * FROM links WHERE epoch = ? AND sequence = ? ORDER BY part, hash, content';
    return this.#database.all(sql, epoch, sequence).map(linkOf);
  }

  /** The least sequence over the given one; null behind the last. */
  sequenceAfter(epoch: number, sequence: number): number | null {
    const sql = 'SELECT min(sequence) AS sequence FROM links WHERE epoch = ? AND sequence > ?';
    const found = this.#database.all(sql, epoch, sequence)[0]!.sequence;
    return found === null ? null : Number(found);
  }

  /** 0 where there is none. */
  newestSequence(epoch: number): number {
    const sql = 'SELECT max(sequence) AS sequence FROM links WHERE epoch = ?';
    return Number(this.#database.all(sql, epoch)[0]!.sequence ?? 0);
  }

  describe(agent: string, stream: string, { epoch, sequence, value }: Description): void {
    this.#database.run(
      `INSERT INTO descriptions (agent, stream, epoch, sequence, value) VALUES (?1,?2,?3,?4,?5)
       ON CONFLICT DO UPDATE SET epoch = ?3, sequence = ?4, value = ?5 WHERE (epoch, sequence) <= (?3, ?4)`,
      ...[agent, stream, epoch, sequence, value],
    );
  }

  description(agent: string, stream: string): string | null {
    const sql = 'SELECT value FROM descriptions WHERE agent = ? AND stream = ?';
    const row = this.#database.all(sql, agent, stream)[0];
    return row === undefined ? null : String(row.value);
  }
}

interface LinkName extends Pick<LinkRow, 'sequence' | 'part' | 'hash' | 'contentHash'> {
  readonly agent: string;
  readonly epoch: string;
}

interface Description {
  /** Of which link it came with. */
  readonly epoch: number;
  readonly sequence: number;
  readonly value: string;
}

export function linkRow(
  epoch: number,
  { chain, hash }: { readonly chain: Chain; readonly hash: string },
  stored: Pick<LinkRow, 'contentHash' | 'segments'>,
): LinkRow {
  const { sequence, part, previous, batchId, contentHash: batchHash } = chain;
  return { epoch, sequence, part, hash, previous, batchId, batchHash, ...stored };
}

function epochOf(row: SqlRow): EpochRow {
  const reason = String(row.reason) as Breaks['reason'] | '';
  return {
    number: Number(row.number),
    agent: String(row.agent),
    epoch: String(row.id),
    sequence: Number(row.contiguous),
    hash: hexOf(row.hash),
    repeats: Number(row.repeats),
    pruned: { sequence: Number(row.pruned), hash: hexOf(row.pruned_hash) },
    left:
      reason === ''
        ? null
        : {
            ...{ epoch: String(row.left_epoch), sequence: Number(row.left_sequence) },
            ...{ hash: hexOf(row.left_hash), reason },
          },
  };
}

function linkOf(row: SqlRow): LinkRow {
  return {
    epoch: Number(row.epoch),
    sequence: Number(row.sequence),
    part: String(row.part),
    hash: hexOf(row.hash),
    previous: hexOf(row.previous),
    batchId: String(row.batch),
    batchHash: hexOf(row.batch_content),
    contentHash: hexOf(row.content),
    segments: String(row.segments),
  };
}

function bytesOf(hash: string): Uint8Array {
  return Buffer.from(hash, 'hex');
}

function hexOf(value: SqlValue | undefined): string {
  return Buffer.from(value as Uint8Array).toString('hex');
}

/**
 * The rows of streams, ranges, gaps and blocks: every SQL text that writes or asks for them. Calls that write stand
 * inside a transaction of the caller; failures are the database's.
 */
import type { Database, SqlRow } from '../host/database.ts';
import type { Block } from './block.ts';
import { blockBytesMin } from './block.ts';
import { hull, subtract } from './range.ts';
import { RemovedRows } from './removed-rows.ts';
import type { Range, StreamHead } from './store.ts';

export interface StreamRow extends StreamHead {
  readonly root: string;
}

export interface BlockRow extends Range {
  readonly number: number;
  readonly stream: number;
  readonly contentBytes: number;
  readonly receivedAtMs: number;
}

const streamColumns = 'number, agent, id, root, path, source, lines, bytes, duplicates';
/** And where the agent began to read it, as it describes the stream; null where it does not. */
const summaryColumns = `${streamColumns}, (
  SELECT CASE WHEN json_valid(value) THEN json_extract(value, '$.start') END
  FROM descriptions WHERE descriptions.agent = streams.agent AND stream = root) AS begin`;
const blockColumns = 'number, stream, start, "end", content_bytes, received_ms';

export function streamOf(row: SqlRow): StreamRow {
  const id = String(row.id);
  const root = String(row.root);
  return {
    number: Number(row.number),
    agent: String(row.agent),
    id,
    root,
    path: String(row.path),
    source: String(row.source),
    forkOf: id === root ? null : root,
  };
}

function rangeOf(row: SqlRow): Range {
  return { from: Number(row.start), to: Number(row.end) };
}

function blockOf(row: SqlRow): BlockRow {
  return {
    ...rangeOf(row),
    number: Number(row.number),
    stream: Number(row.stream),
    contentBytes: Number(row.content_bytes),
    receivedAtMs: Number(row.received_ms),
  };
}

/** Blocks looked at in one step: only their positions, not their bodies. */
const blocksAtOnce = 1000;

/** Replacements that are remembered. */
const mergesKept = 10_000;

/** Families that are remembered: an agent asks for the same at each request. */
const familiesMax = 10_000;

function familyName(agent: string, root: string): string {
  return `${root} ${agent}`;
}

export class Tables {
  readonly #database: Database;
  /** What is stored of them never changes but by `addStream`, which forgets. */
  readonly #families = new Map<string, readonly StreamRow[]>();

  constructor(database: Database) {
    this.#database = database;
    this.removed = new RemovedRows(database);
  }

  readonly removed: RemovedRows;

  /** Counts the replacements of blocks, for readers that must not miss one. */
  merges = 0;
  readonly #merged: (Range & { readonly stream: number })[] = [];

  /** Blocks of that range were replaced. */
  addMerge(stream: number, range: Range): void {
    this.merges += 1;
    this.#merged.push({ stream, from: range.from, to: range.to });
    if (this.#merged.length > mergesKept) this.#merged.shift();
  }

  /** What was merged since the count was `merges`; null when that is too long ago. */
  mergedSince(merges: number): readonly (Range & { readonly stream: number })[] | null {
    const count = this.merges - merges;
    return count > this.#merged.length ? null : this.#merged.slice(this.#merged.length - count);
  }

  /** A stream and its forks, the stream first; none when nobody has named it yet. */
  family(agent: string, root: string): readonly StreamRow[] {
    const name = familyName(agent, root);
    const known = this.#families.get(name);
    if (known !== undefined) return known;
    const sql = `SELECT ${streamColumns} FROM streams WHERE agent = ? AND root = ? ORDER BY number`;
    const family = this.#database.all(sql, agent, root).map(streamOf);
    if (this.#families.size >= familiesMax) this.#families.clear();
    this.#families.set(name, family);
    return family;
  }

  streamRows(agent: string | null): SqlRow[] {
    return agent === null
      ? this.#database.all(`SELECT ${summaryColumns} FROM streams ORDER BY number`)
      : this.#database.all(`SELECT ${summaryColumns} FROM streams WHERE agent = ? ORDER BY number`, agent);
  }

  stream(number: number): StreamRow {
    return this.streamOrNull(number)!;
  }

  streamOrNull(number: number): StreamRow | null {
    const row = this.#database.all(`SELECT ${streamColumns} FROM streams WHERE number = ?`, number)[0];
    return row === undefined ? null : streamOf(row);
  }

  addStream(stream: Omit<StreamRow, 'number' | 'forkOf'>): number {
    this.#families.delete(familyName(stream.agent, stream.root));
    return this.#database.run(
      'INSERT INTO streams (agent, id, root, path, source, lines, bytes, duplicates) VALUES (?,?,?,?,?,0,0,0)',
      stream.agent,
      stream.id,
      stream.root,
      stream.path,
      stream.source,
    ).lastId;
  }

  count(stream: number, add: { lines: number; bytes: number; duplicates: number }): void {
    this.#database.run(
      'UPDATE streams SET lines = lines + ?, bytes = bytes + ?, duplicates = duplicates + ? WHERE number = ?',
      add.lines,
      add.bytes,
      add.duplicates,
      stream,
    );
  }

  /** Stored ranges that overlap or touch the given one, in order. */
  rangesNear(stream: number, range: Range): Range[] {
    const sql =
      'SELECT start, "end" FROM ranges WHERE stream = ? AND "end" >= ? AND start <= ? ORDER BY "end"';
    return this.#database.all(sql, stream, range.from, range.to).map(rangeOf);
  }

  ranges(stream: number): Range[] {
    return this.#database
      .all('SELECT start, "end" FROM ranges WHERE stream = ? ORDER BY "end"', stream)
      .map(rangeOf);
  }

  /** The position behind everything that is stored or a gap. */
  end(stream: number): number {
    const sql = `SELECT max((SELECT coalesce(max("end"), 0) FROM ranges WHERE stream = ?1),
      (SELECT coalesce(max("end"), 0) FROM gaps WHERE stream = ?1)) AS "end"`;
    return Number(this.#database.all(sql, stream)[0]!.end);
  }

  /** Adds a range that overlaps no stored one, and takes it out of the gaps. */
  addRange(stream: number, range: Range): void {
    const near = this.rangesNear(stream, range);
    if (near.length === 1 && near[0]!.to === range.from) {
      // What nearly always is: it goes on where the stream was left off.
      const sql = 'UPDATE ranges SET "end" = ? WHERE stream = ? AND "end" = ?';
      this.#database.run(sql, range.to, stream, range.from);
      this.#fillGaps(stream, range);
      return;
    }
    for (const old of near) {
      this.#database.run('DELETE FROM ranges WHERE stream = ? AND "end" = ?', stream, old.to);
    }
    const whole = hull([range, ...near]);
    this.#database.run(
      'INSERT INTO ranges (stream, start, "end") VALUES (?,?,?)',
      stream,
      whole.from,
      whole.to,
    );
    this.#fillGaps(stream, range);
  }

  gaps(stream: number): (Range & { reason: string })[] {
    return this.#database
      .all('SELECT start, "end", reason FROM gaps WHERE stream = ? ORDER BY "end"', stream)
      .map((row) => ({ ...rangeOf(row), reason: String(row.reason) }));
  }

  gapsNear(stream: number, range: Range): (Range & { reason: string })[] {
    const sql =
      'SELECT start, "end", reason FROM gaps WHERE stream = ? AND "end" >= ? AND start <= ? ORDER BY "end"';
    return this.#database
      .all(sql, stream, range.from, range.to)
      .map((row) => ({ ...rangeOf(row), reason: String(row.reason) }));
  }

  /** Records as a gap what of the range is neither stored nor a gap already, and gives that. */
  addGap(stream: number, range: Range, reason: string): readonly Range[] {
    const unstored = subtract(range, this.rangesNear(stream, range));
    const unknown = unstored.flatMap((part) => subtract(part, this.gapsNear(stream, part)));
    for (const part of unknown) this.#insertGap(stream, part, reason);
    return unknown;
  }

  /** An agent's streams, the newest first. */
  streamRowsBelow(agent: string, { below, max }: { readonly below: number; readonly max: number }): SqlRow[] {
    const sql = `SELECT ${summaryColumns} FROM streams WHERE agent = ? AND number < ? ORDER BY number DESC LIMIT ?`;
    return this.#database.all(sql, agent, below, max);
  }

  addBlock(stream: StreamHead, block: Block): void {
    this.#database.run(
      `INSERT INTO blocks (stream, start, "end", agent, records, content_bytes, received_ms, loose, body)
       VALUES (?,?,?,?,?,?,?,?,?)`,
      stream.number,
      block.from,
      block.to,
      stream.agent,
      block.records,
      block.contentBytes,
      block.receivedAtMs,
      block.contentBytes < blockBytesMin ? 1 : 0,
      block.body,
    );
  }

  removeBlock(number: number): void {
    this.#database.run('DELETE FROM blocks WHERE number = ?', number);
  }

  /** Takes a block away for good; one that has been merged into another meanwhile stays. */
  retire({ number, stream, from, to }: BlockRow): void {
    if (this.#database.run('DELETE FROM blocks WHERE number = ?', number).changes === 0) return;
    this.removed.add(stream, { from, to });
  }

  /** Blocks of a stream that reach past `position`, in order of position. */
  blocksAfter(stream: number, position: number, countMax: number): BlockRow[] {
    const sql = `SELECT ${blockColumns} FROM blocks WHERE stream = ? AND "end" > ? ORDER BY "end" LIMIT ?`;
    return this.#database.all(sql, stream, position, countMax).map(blockOf);
  }

  /** The last block of a stream that begins before `position`. */
  blockBefore(stream: number, position: number): BlockRow | null {
    const sql = `SELECT ${blockColumns} FROM blocks WHERE stream = ? AND start < ? ORDER BY "end" DESC LIMIT 1`;
    const row = this.#database.all(sql, stream, position)[0];
    return row === undefined ? null : blockOf(row);
  }

  /** The positions for which there are lines, in order, joined where they touch. */
  covered(stream: number): Range[] {
    const joined: Range[] = [];
    let position = 0;
    for (;;) {
      const blocks = this.blocksAfter(stream, position, blocksAtOnce);
      for (const { from, to } of blocks) {
        const last = joined.at(-1);
        if (last?.to === from) joined[joined.length - 1] = { from: last.from, to };
        else joined.push({ from, to });
      }
      if (blocks.length < blocksAtOnce) return joined;
      position = blocks.at(-1)!.to;
    }
  }

  looseBlocks(stream: number): BlockRow[] {
    const sql = `SELECT ${blockColumns} FROM blocks WHERE stream = ? AND loose = 1 ORDER BY "end"`;
    return this.#database.all(sql, stream).map(blockOf);
  }

  looseTotals(): { stream: number; blocks: number; bytes: number }[] {
    const sql = `SELECT stream, count(*) AS blocks, sum(content_bytes) AS bytes
      FROM blocks WHERE loose = 1 GROUP BY stream`;
    return this.#database.all(sql).map((row) => ({
      stream: Number(row.stream),
      blocks: Number(row.blocks),
      bytes: Number(row.bytes),
    }));
  }

  /** Blocks before a time and number, the newest first; of one agent, or of all with null. */
  blocksBefore(
    agent: string | null,
    before: { receivedAtMs: number; number: number },
    countMax: number,
  ): BlockRow[] {
    const where = agent === null ? '' : 'agent = ?4 AND';
    const sql = `SELECT ${blockColumns} FROM blocks WHERE ${where} (received_ms, number) < (?1, ?2)
      ORDER BY received_ms DESC, number DESC LIMIT ?3`;
    const values = [before.receivedAtMs, before.number, countMax, ...(agent === null ? [] : [agent])];
    return this.#database.all(sql, ...values).map(blockOf);
  }

  /** Blocks of all streams after a time and number, the oldest first. */
  blocksFrom(after: { receivedAtMs: number; number: number }, countMax: number): BlockRow[] {
    const sql = `SELECT ${blockColumns} FROM blocks WHERE (received_ms, number) > (?, ?)
      ORDER BY received_ms, number LIMIT ?`;
    return this.#database.all(sql, after.receivedAtMs, after.number, countMax).map(blockOf);
  }

  hasBlock(number: number): boolean {
    return this.#database.all('SELECT 1 FROM blocks WHERE number = ?', number).length > 0;
  }

  /** Null when the block has been merged into another meanwhile. */
  body(number: number): Uint8Array | null {
    const row = this.#database.all('SELECT body FROM blocks WHERE number = ?', number)[0];
    return row === undefined ? null : (row.body as Uint8Array);
  }

  #fillGaps(stream: number, range: Range): void {
    for (const gap of this.gapsNear(stream, range)) {
      if (gap.to <= range.from || gap.from >= range.to) continue;
      this.#database.run('DELETE FROM gaps WHERE stream = ? AND "end" = ?', stream, gap.to);
      for (const part of subtract(gap, [range])) this.#insertGap(stream, part, gap.reason);
    }
  }

  #insertGap(stream: number, range: Range, reason: string): void {
    this.#database.run(
      'INSERT INTO gaps (stream, start, "end", reason) VALUES (?,?,?,?)',
      stream,
      range.from,
      range.to,
      reason,
    );
  }
}

/**
 * What retention has removed: positions that were stored once, disjoint, and never two that touch. They stay claimed in
 * `ranges`, so that nothing takes them for missing. Calls that write stand inside a transaction of the caller.
 */
import type { Database, SqlRow } from '../host/database.ts';
import { hull } from './range.ts';
import type { Range } from './store.ts';

export class RemovedRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  of(stream: number): Range[] {
    const sql = 'SELECT start, "end" FROM removed WHERE stream = ? ORDER BY "end"';
    return this.#database.all(sql, stream).map(rangeOf);
  }

  /** Those that overlap or touch the given range, in order. */
  near(stream: number, { from, to }: Range): Range[] {
    const sql =
      'SELECT start, "end" FROM removed WHERE stream = ? AND "end" >= ? AND start <= ? ORDER BY "end"';
    return this.#database.all(sql, stream, from, to).map(rangeOf);
  }

  add(stream: number, range: Range): void {
    const near = this.near(stream, range);
    for (const { to } of near) {
      this.#database.run('DELETE FROM removed WHERE stream = ? AND "end" = ?', stream, to);
    }
    const { from, to } = hull([range, ...near]);
    this.#database.run('INSERT INTO removed (stream, start, "end") VALUES (?,?,?)', stream, from, to);
  }

  /** Of streams with numbers over the given one, how many bytes of their sources are stored and not removed. */
  held(above: number, countMax: number): { readonly stream: number; readonly bytes: number }[] {
    const sum = (table: string) =>
      `(SELECT coalesce(sum("end" - start), 0) FROM ${table} WHERE stream = number)`;
    const sql = `SELECT number, ${sum('ranges')} - ${sum('removed')} AS bytes FROM streams
      WHERE number > ? ORDER BY number LIMIT ?`;
    return this.#database
      .all(sql, above, countMax)
      .map((row) => ({ stream: Number(row.number), bytes: Number(row.bytes) }));
  }
}

function rangeOf(row: SqlRow): Range {
  return { from: Number(row.start), to: Number(row.end) };
}

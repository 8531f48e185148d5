/** The rows of events: what somebody should know of an agent and its streams. */
import type { Database } from '../host/database.ts';
import type { Event, EventKind, NewEvent } from './store.ts';

/** Of one agent; over it the oldest go, since they are the agent's to make. */
const eventsPerAgentMax = 10_000;

export class EventRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Inside a transaction of the caller. What is known already stays as it is. */
  add({ agent, name, kind, atMs, stream, path, detail }: NewEvent): void {
    const { changes } = this.#database.run(
      'INSERT OR IGNORE INTO events (agent, name, kind, at_ms, stream, path, detail) VALUES (?,?,?,?,?,?,?)',
      ...[agent, name, kind, atMs, stream, path, detail],
    );
    if (changes === 0) return;
    this.#database.run(
      `DELETE FROM events WHERE agent = ?1 AND number <=
         (SELECT number FROM events WHERE agent = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)`,
      agent,
      eventsPerAgentMax,
    );
  }

  list(
    agent: string | null,
    { below, max }: { readonly below: number | null; readonly max: number },
  ): Event[] {
    const where = agent === null ? '' : 'agent = ?3 AND';
    const sql = `SELECT number, agent, kind, at_ms, stream, path, detail FROM events
      WHERE ${where} number < ?1 ORDER BY number DESC LIMIT ?2`;
    const values = [below ?? Number.MAX_SAFE_INTEGER, max, ...(agent === null ? [] : [agent])];
    return this.#database.all(sql, ...values).map((row) => ({
      number: Number(row.number),
      agent: String(row.agent),
      kind: String(row.kind) as EventKind,
      atMs: Number(row.at_ms),
      stream: row.stream === null ? null : String(row.stream),
      path: row.path === null ? null : String(row.path),
      detail: String(row.detail),
    }));
  }
}

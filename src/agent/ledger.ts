/**
 * Watches over the ledger of a running agent: after streams were settled their equation is looked at again, a bounded
 * number at a time. One that does not close is told, in the log, the status and the metrics; nothing is stopped for it.
 */
import type { StreamId } from '../event/stream.ts';
import { AlmadiaError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { StreamStatus } from '../source/source.ts';
import type { State } from '../state/state.ts';
import { type Account, accountOf, closes, forgottenAccount, nothingPending, pendingOf } from './account.ts';
import { type Audit, type Books, brokenOf, makeAudit, measuredOf } from './audit.ts';
import type { Journal } from './journal.ts';
import type { Outbox } from './outbox.ts';

/** So many streams are looked at in one check: each is one query, a hundredth of a millisecond. */
const checkedMax = 1000;

export interface LedgerOptions {
  readonly agentId: string;
  readonly host: Pick<Host, 'clock'>;
  readonly state: State;
  readonly outbox: Outbox;
  readonly journal: Journal;
  readonly log: SelfLog;
}

export class Ledger {
  readonly #options: LedgerOptions;
  /** What did not close when it was looked at last. */
  readonly #open = new Map<StreamId, Account>();

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Accounts that do not close. */
  get open(): readonly Account[] {
    return [...this.#open.values()];
  }

  /** Looks at streams that were settled since; with the disk full, changes wait, and the next check does it. */
  check(): void {
    const { outbox, journal, state } = this.#options;
    if (!journal.idle) return;
    const due = new Set([...outbox.touched].slice(0, checkedMax));
    for (const stream of due) outbox.touched.delete(stream);
    const pending = pendingOf(outbox.waiting(), due);
    const marks = [...due].flatMap((stream) => outbox.settlement.marks(stream) ?? []);
    const records = new Map(
      [...due].flatMap((stream) => {
        const record = outbox.streams.get(stream);
        return record === undefined ? [] : [[stream, record] as const];
      }),
    );
    for (const measured of measuredOf(outbox.output, { records, marks, seen: [] })) {
      const { stream, output } = measured;
      const ledger = state.ledger(stream).filter((entry) => entry.output === output);
      this.#judge(accountOf(measured, { waiting: pending.get(stream) ?? nothingPending, ledger }));
    }
    const forgotten = state.ledger('').filter(({ output }) => output === outbox.output);
    this.#judge(forgottenAccount(outbox.output, forgotten));
  }

  /** All of it, with what the source sees now; null while changes wait for the disk, so that it cannot be told. */
  audit(seen: readonly StreamStatus[], sinceMs: number | null): Audit | null {
    if (!this.#options.journal.idle) return null;
    const audit = makeAudit(this.#books(seen), sinceMs);
    for (const account of brokenOf(audit)) this.#judge(account);
    return audit;
  }

  #books(seen: readonly StreamStatus[]): Books {
    const { agentId, host, outbox, state } = this.#options;
    const marks = outbox.settlement.all();
    return {
      ...{ agentId, state, atMs: host.clock.now(), running: true, output: outbox.output },
      streams: measuredOf(outbox.output, { records: outbox.streams, marks, seen }),
      waiting: outbox.waiting(),
      dead: outbox.aside.batches(),
      signed: outbox.links.standing.signed,
    };
  }

  #judge(account: Account): void {
    const { stream, path, difference } = account;
    if (closes(account)) {
      this.#open.delete(stream);
      return;
    }
    const known = this.#open.has(stream);
    this.#open.set(stream, account);
    if (known) return;
    const values = {
      path: path || account.status,
      stream,
      bytes: difference.bytes,
      lines: difference.lines ?? 0,
    };
    const { message } = new AlmadiaError('LEDGER_OPEN', values);
    this.#options.log.write('error', 'ledger.open', message, values);
  }
}

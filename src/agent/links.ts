/**
 * Joins the batches of one output by links, where its hub offers the chain (docs/protocol.md), and keeps what the hub
 * signed. In memory; whoever calls commits the changes that it gives, with what they are about.
 *
 * A batch gets its link just before it is sent for the first time, and another one when an epoch has begun since. What
 * takes a link from a batch (set aside, changed because bytes are gone) is stated, so that the chain can close.
 */
import type { Batch } from '../event/batch.ts';
import {
  type Breaks,
  type Chain,
  type HubIdentity,
  type LinkPlace,
  noLink,
  type SignedReceipt,
  type Statement,
} from '../event/chain.ts';
import { Bell } from '../host/bell.ts';
import type { Host } from '../host/host.ts';
import { randomName } from '../host/random.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { Chaining, Registering } from '../output/output.ts';
import { linkHash, statementsMax } from '../protocol/chain.ts';
import type { Change, Kept, State } from '../state/state.ts';
import { courseOf, type Proven, type Said, sameHub } from './course.ts';
import { ToldEvents } from './told-events.ts';

/** So many receipts are kept, the newest. */
export const receiptsMax = 1000;

const reasonCharactersMax = 1024;

/** What is remembered of an output's hub. */
export interface Standing {
  /** As it was at the first registration, or after a change that was told. */
  readonly hub: HubIdentity | null;
  readonly last: LinkPlace | null;
  /** What the hub said that it has when the epoch began. */
  readonly stated: Proven | null;
  /** The link with the highest sequence for which there was a receipt, of the newest epoch with one. */
  readonly signed: LinkPlace | null;
  /** For the first link of the epoch. */
  readonly breaks: Breaks | null;
  /** The hub knew more than this state, and what it has of this agent was not asked for yet. */
  readonly recalls: boolean;
  /** The hub lacks what it had, and has not got it again yet. */
  readonly resends: boolean;
  /** Receipts that verified, and that did not. */
  readonly receipts: number;
  readonly refused: number;
}

const nothing: Standing = {
  ...{ hub: null, last: null, stated: null, signed: null },
  ...{ breaks: null, recalls: false, resends: false, receipts: 0, refused: 0 },
};

export interface LinksOptions {
  readonly state: State;
  readonly output: string;
  readonly host: Pick<Host, 'clock' | 'work' | 'random'>;
  readonly log: SelfLog;
  /** Resolves once the changes are committed, or given up. */
  commit(changes: readonly Change[]): Promise<unknown>;
}

/** What is remembered of the hub of an output. */
export function standingIn(state: Pick<State, 'kept'>, output: string): Standing {
  const [kept] = state.kept(output, 'standing');
  return kept === undefined ? nothing : (JSON.parse(kept.value) as Standing);
}

export class Links implements Chaining {
  readonly instance: string;
  readonly events: ToldEvents;
  /** Rings when the hub turns out to lack what it had. */
  readonly resendDue = new Bell();
  readonly #options: LinksOptions;
  #standing: Standing;
  /** Whether the hub takes links at present. */
  #offered = false;
  #statements: readonly Statement[];
  /** Sequences of the epoch that are given and not proven, with in how many parts. */
  readonly #open = new Map<number, number>();
  /** The newest receipt was refused, and that was told. */
  #refusing = false;

  constructor(options: LinksOptions) {
    const { state, output, host } = options;
    this.#options = options;
    this.instance = randomName(host.random);
    this.events = new ToldEvents(options);
    this.#standing = standingIn(state, output);
    this.#statements = state.kept(output, 'statement').map(({ value }) => JSON.parse(value) as Statement);
    for (const { chain } of this.#statements) this.opened(chain);
  }

  get standing(): Standing {
    return this.#standing;
  }

  get epoch(): string | null {
    return this.#offered ? (this.#standing.last?.epoch ?? null) : null;
  }

  registering(): Registering {
    const proven = this.#proven();
    const epoch = this.#standing.last?.epoch;
    return { epoch, done: (said) => this.#registered({ epoch, proven }, said) };
  }

  #proven(): Proven | null {
    const { last, signed, stated } = this.#standing;
    if (last === null || signed?.epoch !== last.epoch) return stated;
    const sequence = Math.min(last.sequence + 1, ...this.#open.keys()) - 1;
    return { epoch: last.epoch, sequence, highest: signed.sequence };
  }

  async #registered(
    asked: { readonly epoch: string | undefined; readonly proven: Proven | null },
    said: Said | null,
  ): Promise<void> {
    this.#offered = said !== null;
    const { hub, last } = this.#standing;
    // Another registration began an epoch meanwhile: what this one was asked for is over.
    if (said === null || asked.epoch !== last?.epoch) return;
    // What was given meanwhile may be at the hub already; what was received meanwhile may have come after its answer.
    const course = courseOf({ hub, last, proven: asked.proven }, said);
    if (course.kind === 'on') return;
    this.#tellOfHub(hub, said.hub);
    const { breaks } = course;
    const { link } = said;
    this.#standing = {
      ...this.#standing,
      hub: said.hub,
      last: { epoch: randomName(this.#options.host.random), sequence: 0, hash: noLink },
      stated: link,
      breaks,
      recalls: this.#standing.recalls || breaks?.reason === 'state-lost',
      resends:
        this.#standing.resends || breaks?.reason === 'hub-went-back' || breaks?.reason === 'hub-changed',
    };
    if (breaks !== null) {
      const message = `a new chain of batches begins (${breaks.reason}); nothing that is here is lost by that`;
      this.#options.log.write('warn', 'chain.epoch', message);
    }
    this.#open.clear();
    await this.#options.commit([...this.#relinked(), this.#standingChange()]);
    if (this.#standing.resends) this.resendDue.ring();
  }

  /** A hub that was replaced is taken as it is: the way to it is proved by TLS, the key only proves what was received. */
  #tellOfHub(before: HubIdentity | null, now: HubIdentity): void {
    if (before === null || sameHub(before, now)) return;
    const message =
      `another hub answers: ${now.id}, not ${before.id}, and its receipts have another key. If you have not replaced ` +
      'or reset the hub, check the URL and who can answer there; lines go on being sent, and nothing that is here is lost';
    this.#options.log.write('error', 'hub.changed', message, { before: before.id, now: now.id });
  }

  /** What was set aside is stated in the new epoch too; what only closed the old chain is over with it. */
  #relinked(): Change[] {
    const dropped = this.#statements.map((one) => this.#statementDrop(one));
    this.#statements = this.#statements
      .filter(({ segments }) => segments.length > 0)
      .map((one) => {
        const { batchId, contentHash } = one.chain;
        return { ...one, chain: this.#next(batchId, contentHash) };
      });
    return [...dropped, ...this.#statements.map((one) => this.#statementKept(one))];
  }

  /** A link is given, or one more part has it, and there is no receipt yet. */
  opened({ epoch, sequence }: Chain): void {
    if (epoch === this.#standing.last?.epoch) {
      this.#open.set(sequence, (this.#open.get(sequence) ?? 0) + 1);
    }
  }

  #closed({ epoch, sequence }: Pick<Chain, 'epoch' | 'sequence'>): void {
    const parts = this.#open.get(sequence) ?? 0;
    if (epoch !== this.#standing.last?.epoch) return;
    if (parts > 1) this.#open.set(sequence, parts - 1);
    else this.#open.delete(sequence);
  }

  /** Whether the batch has the link with which it would be sent now. */
  has({ chain }: Batch): boolean {
    return chain !== undefined && chain.epoch === this.epoch;
  }

  /** Gives a batch its link. */
  link(batch: Batch, contentHash: string): { readonly chain: Chain; readonly change: Change } {
    const chain = this.#next(batch.id, contentHash);
    return { chain, change: this.#standingChange() };
  }

  #next(batchId: string, contentHash: string): Chain {
    const { last, breaks } = this.#standing;
    const { epoch, sequence: before, hash: previous } = last!;
    const sequence = before + 1;
    const place = { epoch, sequence, part: '', previous, batchId, contentHash };
    const chain = sequence === 1 && breaks !== null ? { ...place, breaks } : place;
    const hash = linkHash(chain, this.#options.host.work);
    this.#standing = { ...this.#standing, last: { epoch, sequence, hash } };
    this.opened(chain);
    return chain;
  }

  /** What the hub has was asked for, or it is too late for that. */
  recalled(): Change {
    this.#standing = { ...this.#standing, recalls: false };
    return this.#standingChange();
  }

  /** The hub has again what it lacked. */
  resent(): Change {
    this.#standing = { ...this.#standing, resends: false };
    return this.#standingChange();
  }

  /** What is to be told with the next batch. */
  get statements(): readonly Statement[] {
    return this.#statements.slice(0, statementsMax);
  }

  /** A batch was acked with this receipt. */
  proved(batch: Batch, receipt: SignedReceipt | undefined): Change[] {
    if (receipt === undefined) return [];
    this.#refusing = false;
    const { epoch, sequence, link: hash } = receipt;
    const { signed: before, receipts, last } = this.#standing;
    const highest = before?.epoch === epoch ? before.sequence : 0;
    const signed = epoch === last?.epoch && sequence > highest ? { epoch, sequence, hash } : before;
    this.#standing = { ...this.#standing, receipts: receipts + 1, signed };
    this.#closed(receipt);
    const kept = this.#kept('receipt', String(receipts % receiptsMax).padStart(4, '0'), receipt);
    return [{ kind: 'keep', kept }, this.#standingChange(), ...this.#told(batch.statements ?? [])];
  }

  #told(statements: readonly Statement[]): Change[] {
    if (statements.length === 0) return [];
    const told = new Set(statements.map(nameOf));
    this.#statements = this.#statements.filter((one) => !told.has(nameOf(one)));
    for (const { chain } of statements) this.#closed(chain);
    return statements.map((one) => this.#statementDrop(one));
  }

  /** A reply held a receipt that proves nothing: what was sent is kept, and the hub and people are told. */
  refused(batch: Batch, reason: string): Change[] {
    const { refused } = this.#standing;
    this.#standing = { ...this.#standing, refused: refused + 1 };
    const changes = [this.#standingChange()];
    if (this.#refusing) return changes;
    this.#refusing = true;
    const { stream, path } = batch.segments[0]!;
    const event = {
      kind: 'receipt-refused',
      stream,
      path,
      detail: reason.slice(0, reasonCharactersMax),
    } as const;
    return [...changes, ...this.events.add(event)];
  }

  /** A batch was set aside for this reason, or (null) its link is not that of its bytes any more. */
  state({ id: batchId, chain, segments }: Batch, reason: string | null): Change[] {
    if (chain === undefined || chain.epoch !== this.#standing.last?.epoch) return [];
    const stated = segments.map((one) => {
      const why = one.kind === 'gap' || one.kind === 'filtered' ? one.reason : (reason ?? '');
      const { stream, path, from, to } = one;
      return { stream, path, from, to, reason: why.slice(0, reasonCharactersMax) };
    });
    const statement = { batchId, chain, segments: reason === null ? [] : stated };
    this.#statements = [...this.#statements, statement];
    return [this.#statementKept(statement)];
  }

  #standingChange(): Change {
    return { kind: 'keep', kept: this.#kept('standing', '', this.#standing) };
  }

  #statementKept(statement: Statement): Change {
    return { kind: 'keep', kept: this.#kept('statement', nameOf(statement), statement) };
  }

  #statementDrop(statement: Statement): Change {
    return {
      kind: 'drop',
      dropped: { output: this.#options.output, kind: 'statement', name: nameOf(statement) },
    };
  }

  #kept(kind: Kept['kind'], name: string, value: object): Kept {
    return { output: this.#options.output, kind, name, value: JSON.stringify(value) };
  }
}

/** In the order of the chain; parts of 53 characters have room. */
function nameOf({ chain: { epoch, sequence, part } }: Statement): string {
  return `${epoch} ${String(sequence).padStart(16, '0')} ${part}`;
}

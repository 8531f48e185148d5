/** The equation over the real outbox and the model of the state: whatever happens, at each step, after each restart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Segment } from '../event/batch.ts';
import { bodyBytesOf } from '../event/batch.ts';
import type { StreamRecord } from '../event/stream.ts';
import { createHost } from '../host/node/host.ts';
import { silentLog } from '../host/selflog.ts';
import { nothingSetAside } from '../output/output.ts';
import { memoryStore } from '../state/memory.ts';
import type { LedgerEntry, State } from '../state/state.ts';
import { type Audit, brokenOf } from './audit.ts';
import { Batcher } from './batcher.ts';
import { deadLettersOf } from './dead-letters.ts';
import type { Entry } from './entry.ts';
import { Journal } from './journal.ts';
import { Ledger } from './ledger.ts';
import { Outbox } from './outbox.ts';
import { memoryOf } from './remembrance.ts';
import { recordsOf } from './split.ts';

const output = 'default';
const limits = { bodyBytesMax: null, envelopeBytes: 0, encodedBytes: (line: Uint8Array) => line.length };
const ids = ['a', 'b', 'c'] as const;

/** A line, a blank one, one over the limit with its first bytes kept, bytes that could not be read, one left out by rule. */
type Given = 'line' | 'blank' | 'cut' | 'gap' | 'filtered';

const failed = (error: unknown) => {
  throw error;
};

function gone(segment: Segment): Segment {
  const { stream, path, from, to, kind } = segment;
  if (kind === 'filtered') return segment;
  return { stream, path, from, to, kind: 'gap', reason: 'gone-before-sent' };
}

/** An agent without source and output: what they would do is done by the test. */
class Agent {
  readonly #store = memoryStore();
  readonly #change: (state: State) => State;
  /** What the files hold; a stream continues another from `from` on. */
  readonly files = new Map<string, { text: string; from: number }>();
  state: State;
  outbox: Outbox;
  ledger: Ledger;
  #batcher = new Batcher({ bytesMax: 1 << 20, recordsMax: 1000, protocol: limits });
  /** What was given since the last batch was closed. */
  #given: Segment[] = [];

  /** `change`: what a bug would make of the state. */
  constructor(change: (state: State) => State = (state) => state) {
    this.#change = change;
    [this.state, this.outbox, this.ledger] = this.#open();
  }

  #open(): [State, Outbox, Ledger] {
    const host = createHost();
    const state = this.#change(this.#store.open());
    const giveUp = new AbortController().signal;
    const journal = new Journal(state, { host, log: silentLog, giveUp });
    const sizes = { spoolBytesMax: 1 << 20, memoryBytesMax: 1 << 20 };
    const outbox = new Outbox({ state, journal, host, stop: giveUp }, { output, agentId: 'agent', ...sizes });
    this.#remember = (entries) => memoryOf(outbox, journal, failed).remember(entries);
    this.#forget = (id) => memoryOf(outbox, journal, failed).forget([id]);
    return [state, outbox, new Ledger({ agentId: 'agent', host, state, outbox, journal, log: silentLog })];
  }

  #remember: ReturnType<typeof memoryOf>['remember'] = () => undefined;
  #forget: (id: string) => void = () => undefined;

  /** The process ends at once: what was not closed is read again. */
  async restart(): Promise<void> {
    this.#batcher = new Batcher({ bytesMax: 1 << 20, recordsMax: 1000, protocol: limits });
    [this.state, this.outbox, this.ledger] = this.#open();
    for (const entry of [...this.outbox.queue.pending]) {
      if (entry.stored.status !== 'open') continue;
      const { segments } = entry.stored.batch;
      await this.outbox.refilled(entry, { segments, bodies: segments.map((one) => this.#bytes(one)) });
    }
    for (const segment of this.#given) this.#add(segment);
  }

  /** The same, but that the files are gone. */
  async restartWithoutFiles(): Promise<void> {
    [this.state, this.outbox, this.ledger] = this.#open();
    for (const entry of [...this.outbox.queue.pending]) {
      if (entry.stored.status !== 'open') continue;
      const segments = entry.stored.batch.segments.map(gone);
      await this.outbox.refilled(entry, { segments, bodies: segments.map(() => new Uint8Array(0)) });
    }
    this.#batcher = new Batcher({ bytesMax: 1 << 20, recordsMax: 1000, protocol: limits });
    this.#given = this.#given.map(gone);
    for (const segment of this.#given) this.#add(segment);
  }

  #bytes(segment: Segment): Uint8Array {
    const length = bodyBytesOf(segment);
    const { text } = this.files.get(segment.stream)!;
    return Buffer.from(text.slice(segment.from, segment.from + length));
  }

  /** A stream begins: with bytes that are skipped, or as one that continues another. */
  begin(id: string, before: number, continues: boolean): void {
    if (this.files.has(id)) return;
    this.files.set(id, { text: 'x'.repeat(before), from: before });
    const record: StreamRecord = {
      ...{ id, path: `/${id}`, identity: { device: 1n, inode: 1n, birthTimeNs: null } },
      ...{ head: { position: 0, length: 0, hash: '' }, proofs: [], status: 'followed' },
      parent: continues ? { stream: 'other', from: before } : null,
      ...{ size: before, seenAtMs: 1, lines: 0 },
    };
    this.#remember([{ stream: record, start: { position: before, skipped: continues ? 0 : before } }]);
  }

  give(id: string, what: Given): void {
    const file = this.files.get(id);
    if (file === undefined) return;
    const text = { line: 'a line\n', blank: '\n', cut: 'a very long line\n', gap: '.....', filtered: 'no\n' }[
      what
    ];
    const from = file.text.length;
    file.text += text;
    const range = { stream: id, path: `/${id}`, from, to: from + text.length };
    const segments: Record<Given, Segment> = {
      line: { ...range, kind: 'lines' },
      blank: { ...range, kind: 'lines' },
      cut: { ...range, kind: 'cut', kept: 4 },
      gap: { ...range, kind: 'gap', reason: 'unreadable' },
      filtered: { ...range, kind: 'filtered', reason: 'rule', lines: 1 },
    };
    this.#given.push(segments[what]);
    this.#add(segments[what]);
  }

  #add(segment: Segment): void {
    const body = this.#bytes(segment);
    const records = recordsOf(segment, body);
    this.#batcher.add({ segment, body, records, tail: body }, { monotonicMs: 0, nowMs: 0 });
  }

  async close(): Promise<void> {
    this.#given = [];
    if (!this.#batcher.empty) await this.outbox.close(this.#batcher.close(0));
  }

  async ack(entry: Entry | undefined): Promise<void> {
    if (entry === undefined) return;
    const { records } = entry.stored.batch;
    const blank = { lines: 0, bytes: 0 };
    for (const [index, { kind }] of entry.stored.batch.segments.entries()) {
      if (kind !== 'lines') continue;
      const text = Buffer.from(this.outbox.body(entry)![index]!).toString();
      const count = text
        .split('\n')
        .slice(0, -1)
        .filter((line) => line === '').length;
      blank.lines += count;
      blank.bytes += count;
    }
    const outcome = { kind: 'acked', records, duplicates: 0 } as const;
    await this.outbox.acked(entry, { ...nothingSetAside, outcome, blank });
  }

  async split(entry: Entry | undefined): Promise<void> {
    if (entry !== undefined && entry.stored.batch.records > 1)
      await this.outbox.split(entry, this.outbox.body(entry)!);
  }

  async die(entry: Entry | undefined): Promise<void> {
    if (entry !== undefined) await this.outbox.dead(entry, { reason: 'refused', secondChance: false });
  }

  get letters() {
    return deadLettersOf(this.state, this.outbox.aside, () => 1);
  }

  /** A stream that is settled as a whole ends, and is forgotten. */
  forget(id: string): void {
    const marks = this.outbox.settlement.marks(id);
    const { text } = this.files.get(id) ?? { text: '' };
    if (marks === null || marks.watermark !== text.length) return;
    this.#forget(id);
    this.files.delete(id);
  }

  /** Sizes as a source would see them. */
  audit(): Audit {
    const about = { status: 'followed', grownAtMs: 0, trouble: null } as const;
    const seen = [...this.files].map(([id, { text }]) => {
      return { ...about, id, path: `/${id}`, size: text.length, position: text.length };
    });
    const audit = this.ledger.audit(seen, null);
    assert.ok(audit !== null);
    return audit;
  }
}

const step = fc.record({
  what: fc.constantFrom(
    ...(['begin', 'begin', 'give', 'give', 'give', 'give', 'close', 'close', 'close', 'ack', 'ack'] as const),
    ...(['split', 'die', 'replay', 'drop', 'spool', 'restart', 'restart without files', 'forget'] as const),
  ),
  id: fc.constantFrom(...ids),
  given: fc.constantFrom<Given>('line', 'line', 'blank', 'cut', 'gap', 'filtered'),
  at: fc.nat(3),
  yes: fc.boolean(),
});

async function take(
  agent: Agent,
  { what, id, given, at, yes }: typeof step extends fc.Arbitrary<infer T> ? T : never,
) {
  const entry = agent.outbox.queue.pending[at % Math.max(1, agent.outbox.queue.pending.length)];
  switch (what) {
    case 'begin':
      return agent.begin(id, at, yes);
    case 'give':
      return agent.give(id, given);
    case 'close':
      return await agent.close();
    case 'ack':
      return await agent.ack(entry);
    case 'split':
      return await agent.split(entry);
    case 'die':
      return await agent.die(entry);
    case 'replay': {
      agent.letters.replay('all');
      const again = agent.outbox.aside.next() ?? undefined;
      return yes ? await agent.ack(again) : await agent.die(again);
    }
    case 'drop':
      return void agent.letters.drop('all');
    case 'spool':
      return agent.outbox.spoolAll();
    case 'restart':
      return await agent.restart();
    case 'restart without files':
      return await agent.restartWithoutFiles();
    case 'forget':
      return agent.forget(id);
  }
}

test('the equation holds at each step, whatever happens to batches, and after each restart', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const agent = new Agent();
      for (const one of steps) {
        await take(agent, one);
        assert.deepEqual(brokenOf(agent.audit()), [], one.what);
        agent.ledger.check();
        assert.deepEqual(agent.ledger.open, []);
      }
    }),
    { numRuns: 300 },
  );
});

/** One stream with something in every term: blank lines, a cut one, a gap, dead letters, spooled, in flight, held. */
async function everyTerm(change?: (state: State) => State): Promise<Agent> {
  const agent = new Agent(change);
  agent.begin('a', 3, false);
  for (const what of ['line', 'blank', 'cut', 'gap', 'filtered'] as const) agent.give('a', what);
  await agent.close();
  await agent.ack(agent.outbox.queue.pending[0]);
  agent.give('a', 'line');
  await agent.close();
  await agent.die(agent.outbox.queue.pending[0]);
  agent.give('a', 'line');
  await agent.close();
  agent.outbox.spoolAll();
  agent.outbox.spooling = false;
  agent.give('a', 'line');
  await agent.close();
  agent.give('a', 'line');
  return agent;
}

test('each term is counted in bytes, and lines where they are known', async () => {
  const [account] = (await everyTerm()).audit().streams;
  assert.deepEqual(
    { ...account },
    {
      ...{ stream: 'a', path: '/a', status: 'followed', output, base: 0, watermark: 43 },
      seen: { bytes: 64, lines: 7 },
      ...{ skipped: 3, held: 7 },
      inFlight: { bytes: 7, lines: 1 },
      spooled: { bytes: 7, lines: 1 },
      acked: { bytes: 11, lines: 2 },
      filtered: { blank: { bytes: 1, lines: 1 }, rule: { bytes: 3, lines: 1 } },
      dead: { refused: { bytes: 7, lines: 1 } },
      cut: { 'line limit': { bytes: 13, lines: 1 } },
      gaps: { unreadable: { bytes: 5, lines: 0 } },
      difference: { bytes: 0, lines: 0 },
    },
  );
});

for (const term of ['skipped', 'acked', 'filtered', 'dead', 'cut', 'gap'] as const) {
  test(`a term that was not committed is found: ${term}`, async () => {
    const without = (entries: readonly LedgerEntry[]) => entries.filter((entry) => entry.term !== term);
    const agent = await everyTerm((state) => ({
      ...state,
      ledger: (stream) => without(state.ledger(stream)),
    }));
    agent.ledger.check();
    assert.deepEqual(
      agent.ledger.open.map(({ path }) => path),
      ['/a'],
    );
    assert.ok(agent.ledger.open[0]!.difference.bytes > 0);
  });
}

for (const status of ['open', 'spooled'] as const) {
  test(`a batch that was forgotten is found: ${status}`, async () => {
    const agent = await everyTerm();
    const { pending } = agent.outbox.queue;
    const at = pending.findIndex(({ stored }) => stored.status === status);
    (pending as Entry[]).splice(at, 1);
    assert.deepEqual(
      brokenOf(agent.audit()).map(({ difference }) => difference),
      [{ bytes: 7, lines: 1 }],
    );
  });
}

test('bytes that a batch passed over are found, and so are those that come twice', async () => {
  for (const bytes of [3, -3]) {
    const agent = new Agent();
    agent.begin('a', 0, false);
    agent.give('a', 'line');
    await agent.close();
    const segment = { stream: 'a', path: '/a', from: 7 + bytes, to: 17, kind: 'lines' } as const;
    const batcher = new Batcher({ bytesMax: 1 << 20, recordsMax: 1000, protocol: limits });
    const body = Buffer.from(`${'y'.repeat(9 - bytes)}\n`);
    batcher.add({ segment, body, records: 1, tail: body }, { monotonicMs: 0, nowMs: 0 });
    await agent.outbox.close(batcher.close(0));
    assert.deepEqual(
      brokenOf(agent.audit()).map(({ difference }) => difference.bytes),
      [bytes],
    );
  }
});

test('what is missing is named with its place', async () => {
  const { missing } = (await everyTerm()).audit();
  assert.deepEqual(
    missing
      .map(({ path, from, to, term, reason }) => ({ path, from, to, term, reason }))
      .sort((a, b) => a.from - b.from),
    [
      { path: '/a', from: 28, to: 33, term: 'gap', reason: 'unreadable' },
      { path: '/a', from: 36, to: 43, term: 'dead', reason: 'refused' },
    ],
  );
});

/** What becomes of batches for each answer: over the real outbox and the model of the state, with a scripted output. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '../event/outcome.ts';
import { DiskError } from '../host/disk.ts';
import { createHost } from '../host/node/host.ts';
import { silentLog } from '../host/selflog.ts';
import { countLines } from '../lines/ends.ts';
import { nothingSetAside, type Output } from '../output/output.ts';
import { memoryStore } from '../state/memory.ts';
import { Batcher } from './batcher.ts';
import { Delivery } from './delivery.ts';
import { Journal } from './journal.ts';
import { Outbox } from './outbox.ts';

/** Repeats count as taken too: the destination has them. */
const acked: Outcome = { kind: 'acked', records: 0, duplicates: 1 };
const content: Outcome = { kind: 'rejected', cause: 'content', reason: '422' };
const size: Outcome = { kind: 'rejected', cause: 'size', reason: '413' };
const refused: Outcome = { kind: 'rejected', cause: 'destination', reason: '401' };
const fault: Outcome = { kind: 'retry', cause: 'fault', afterMs: null, reason: '500' };
const away: Outcome = { kind: 'retry', cause: 'away', afterMs: null, reason: 'ECONNREFUSED' };

/** Sends these lines, one batch each entry, to a destination that answers by `answer`, until nothing is left to do. */
async function deliver(
  batches: readonly string[],
  answer: (text: string, attempt: number) => Outcome,
  options: {
    readonly attemptsMax?: number;
    readonly until: (outbox: Outbox, sent: readonly string[], deaths: number) => boolean;
  },
): Promise<{ readonly outbox: Outbox; readonly sent: readonly string[]; readonly taken: readonly string[] }> {
  const host = createHost();
  const stop = new AbortController();
  const state = memoryStore().open();
  const journal = new Journal(state, { host, log: silentLog, giveUp: stop.signal });
  const outbox = new Outbox(
    { state, journal, host, stop: stop.signal },
    { output: 'default', agentId: 'agent', spoolBytesMax: 1 << 20, memoryBytesMax: 1 << 20 },
  );
  outbox.streams.set('s', {
    id: 's',
    path: '/s',
    identity: { device: 1n, inode: 1n, birthTimeNs: null },
    head: { position: 0, length: 0, hash: '' },
    proofs: [],
    parent: null,
    status: 'followed',
    size: 0,
    seenAtMs: 0,
  });
  const sent: string[] = [];
  const taken: string[] = [];
  let deaths = 0;
  const limits = { bodyBytesMax: null, envelopeBytes: 0, encodedBytes: (line: Uint8Array) => line.length };
  const output: Output = {
    limits,
    connect: async () => null,
    heartbeat: async () => null,
    close: async () => undefined,
    async send(_batch, body) {
      const text = Buffer.concat([...body]).toString();
      sent.push(text);
      const outcome = answer(text, sent.filter((one) => one === text).length);
      if (outcome.kind === 'acked') taken.push(text);
      if (options.until(outbox, sent, deaths)) stop.abort();
      return { outcome, ...nothingSetAside };
    },
  };
  let from = 0;
  for (const text of batches) {
    const batcher = new Batcher({ bytesMax: 1 << 20, recordsMax: 1000, protocol: limits });
    const body = Buffer.from(text);
    const segment = { stream: 's', path: '/s', from, to: from + body.length, kind: 'lines' } as const;
    batcher.add({ segment, body, records: countLines(body), tail: body }, { monotonicMs: 0, nowMs: 0 });
    await outbox.close(batcher.close(0));
    from += body.length;
  }
  const delivery = new Delivery({
    host,
    output,
    outbox,
    log: {
      write(_level, event) {
        if (event === 'batch.dead') deaths += 1;
        if (options.until(outbox, sent, deaths)) stop.abort();
      },
    },
    backoff: { initialMs: 1, maxMs: 2 },
    attemptsMax: options.attemptsMax ?? null,
    connectProves: true,
    reread: async () => null,
    tooLarge: () => undefined,
    settled: () => undefined,
  });
  const alarm = host.clock.sleep(10_000, stop.signal).then(() => {
    assert.ok(stop.signal.aborted, `not done after ten seconds; sent ${JSON.stringify(sent.slice(-20))}`);
  });
  await delivery.run(stop.signal);
  await alarm;
  return { outbox, sent, taken };
}

test('a batch refused for its content is cut in two until the guilty record is alone; the others go on', async () => {
  const { outbox, taken } = await deliver(
    ['a\nb\nPOISON\nd\n', 'e\n'],
    (text) => (text.includes('POISON') ? content : acked),
    {
      until: (_, sent) => sent.includes('e\n'),
    },
  );
  assert.equal(taken.join(''), 'a\nb\nd\ne\n');
  assert.deepEqual(
    [...outbox.aside.batches()].map((stored) => [stored.status, stored.reason]),
    [['dead', '422']],
  );
});

test('when every record is refused the destination is wrong, and nothing is set aside', async () => {
  const { outbox, taken } = await deliver(['a\nb\nc\n'], () => content, {
    until: (_, sent) => sent.length === 40,
  });
  assert.deepEqual(taken, []);
  assert.deepEqual([...outbox.aside.batches()], []);
  assert.equal(
    outbox.queue.pending.reduce((sum, entry) => sum + entry.stored.batch.records, 0),
    3,
  );
});

test('a batch that is too large is cut; one record too large by itself is set aside', async () => {
  const { outbox, taken } = await deliver(
    ['a\nb\nlarge line\nc\n', 'd\n'],
    (text) => (text.length > 4 ? size : acked),
    {
      until: (_, sent) => sent.includes('d\n'),
    },
  );
  assert.equal(taken.join(''), 'a\nb\nc\nd\n');
  assert.equal([...outbox.aside.batches()].length, 1);
});

test('a wrong configuration keeps everything, and goes on when it is mended', async () => {
  let answers = 0;
  const { outbox, taken } = await deliver(['a\n', 'b\n'], () => (++answers > 3 ? acked : refused), {
    until: (_, sent) => sent.includes('b\n'),
  });
  assert.deepEqual(taken, ['a\n', 'b\n']);
  assert.deepEqual([...outbox.aside.batches()], []);
});

test('an absent destination counts no attempts, keeps the order, and the spool holds meanwhile', async () => {
  const spooled: number[] = [];
  const { taken } = await deliver(['a\n', 'b\n'], (_, attempt) => (attempt > 5 ? acked : away), {
    attemptsMax: 3,
    until: (outbox, sent) => {
      spooled.push(outbox.spooledBytes);
      return sent.filter((one) => one === 'b\n').length === 6;
    },
  });
  assert.deepEqual(taken, ['a\n', 'b\n']);
  assert.ok(Math.max(...spooled) >= 4);
});

test('after the limit of faults a batch is set aside, and sent once more when others are taken', async () => {
  const { outbox, taken } = await deliver(
    ['bad\n', 'good\n'],
    (text, attempt) => (text === 'bad\n' && attempt <= 3 ? fault : acked),
    {
      attemptsMax: 3,
      until: (_, sent) => sent.filter((one) => one === 'bad\n').length === 4,
    },
  );
  assert.deepEqual(taken, ['good\n', 'bad\n']);
  assert.deepEqual([...outbox.aside.batches()], []);
});

test('a batch that keeps failing stays a dead letter after its second chance', async () => {
  const { outbox } = await deliver(
    ['bad\n', 'good\n', 'more\n'],
    (text) => (text === 'bad\n' ? fault : acked),
    {
      attemptsMax: 2,
      until: (_outbox, _sent, deaths) => deaths === 2,
    },
  );
  assert.deepEqual(
    [...outbox.aside.batches()].map((stored) => stored.status),
    ['dead'],
  );
});

test('the ledger adds up: what was taken and what was set aside', async () => {
  const { outbox } = await deliver(
    ['a\nPOISON\n', 'b\n'],
    (text) => (text.includes('POISON') ? content : acked),
    {
      until: (_, sent) => sent.includes('b\n'),
    },
  );
  assert.equal(outbox.totals.ackedLines, 2);
  assert.equal(outbox.totals.ackedBytes, 4);
  assert.equal(outbox.settlement.marks('s')?.watermark, 11);
});

test('a batch of an earlier run that cannot be read again now lets other streams go first, and keeps its own order', async () => {
  const host = createHost();
  const store = memoryStore();
  const limits = { bodyBytesMax: null, envelopeBytes: 0, encodedBytes: (line: Uint8Array) => line.length };
  const given = { output: 'default', agentId: 'agent', spoolBytesMax: 1 << 20, memoryBytesMax: 1 << 20 };
  const draftOf = (stream: string, text: string, from = 0) => {
    const batcher = new Batcher({ bytesMax: 1 << 20, recordsMax: 1000, protocol: limits });
    const body = Buffer.from(text);
    const to = from + body.length;
    const segment = { stream, path: `/${stream}`, from, to, kind: 'lines' } as const;
    batcher.add({ segment, body, records: countLines(body), tail: body }, { monotonicMs: 0, nowMs: 0 });
    return batcher.close(0);
  };
  const stop = new AbortController();
  const open = () => {
    const state = store.open();
    const journal = new Journal(state, { host, log: silentLog, giveUp: stop.signal });
    return { state, outbox: new Outbox({ state, journal, host, stop: stop.signal }, given) };
  };
  const earlier = open();
  await earlier.outbox.close(draftOf('a', 'a\n'));
  earlier.state.close();
  const { outbox } = open();
  await outbox.close(draftOf('a', 'more of a\n', 2));
  await outbox.close(draftOf('b', 'b\n'));
  const sent: string[] = [];
  let refusals = 2;
  const delivery = new Delivery({
    host,
    output: {
      limits,
      connect: async () => null,
      heartbeat: async () => null,
      close: async () => undefined,
      async send(_batch, body) {
        sent.push(Buffer.concat([...body]).toString());
        if (sent.length === 3) stop.abort();
        return { outcome: acked, ...nothingSetAside };
      },
    },
    outbox,
    log: silentLog,
    backoff: { initialMs: 1, maxMs: 2 },
    attemptsMax: null,
    connectProves: true,
    async reread() {
      if (refusals === 0) return Buffer.from('a\n');
      refusals -= 1;
      throw new DiskError('EACCES', '/a', 'permission denied');
    },
    tooLarge: () => undefined,
    settled: () => undefined,
  });
  await delivery.run(stop.signal);
  assert.deepEqual(sent, ['b\n', 'a\n', 'more of a\n']);
});

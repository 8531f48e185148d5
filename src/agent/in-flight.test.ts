/** Several batches on their way at once: over the real outbox and the model of the state, with answers given by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Outcome } from '../event/outcome.ts';
import { createHost } from '../host/node/host.ts';
import { silentLog } from '../host/selflog.ts';
import { countLines } from '../lines/ends.ts';
import { openLineMemory } from '../lines/line-memory.ts';
import { nothingSetAside, type Output } from '../output/output.ts';
import { memoryStore } from '../state/memory.ts';
import { Batcher, type Draft } from './batcher.ts';
import { Delivery } from './delivery.ts';
import { Journal } from './journal.ts';
import { Outbox } from './outbox.ts';

const acked: Outcome = { kind: 'acked', records: 1, duplicates: 0 };
const away: Outcome = { kind: 'retry', cause: 'away', afterMs: null, reason: 'ECONNREFUSED' };
const unsent: Outcome = { kind: 'retry', cause: 'unsent', afterMs: null, reason: 'not its turn' };
const limits = { bodyBytesMax: null, envelopeBytes: 0, encodedBytes: (line: Uint8Array) => line.length };

interface Sent {
  readonly text: string;
  readonly turn: Promise<boolean>;
  answer(outcome: Outcome): Promise<void>;
}

function draftOf(text: string, from: number, memory = openLineMemory({ bytes: 1 << 20 })): Draft {
  const batcher = new Batcher({ bytesMax: 1 << 20, recordsMax: 1000, protocol: limits });
  const region = memory.take(text.length);
  region.bytes.write(text, 'latin1');
  const body = region.bytes;
  const segment = { stream: 's', path: '/s', from, to: from + body.length, kind: 'lines' } as const;
  const piece = { segment, body, records: countLines(body), tail: body, hold: region };
  batcher.add(piece, { monotonicMs: 0, nowMs: 0 });
  return batcher.close(0);
}

/** Delivers three batches, `1\n`, `2\n`, `3\n`, to an output that takes so many at once; ends with the test. */
async function delivering(
  context: { after(work: () => Promise<void>): void },
  options: { readonly inFlightMax: number; readonly hasMemory?: () => boolean },
) {
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
  const sent: Sent[] = [];
  const output: Output = {
    limits,
    inFlightMax: options.inFlightMax,
    connect: async () => null,
    heartbeat: async () => null,
    close: async () => undefined,
    send: (_batch, body, _signal, turn = Promise.resolve(true)) =>
      new Promise((resolve) => {
        const text = Buffer.concat([...body]).toString();
        const answer = async (outcome: Outcome) => {
          resolve({ outcome, ...nothingSetAside });
          for (let look = 0; look < 5; look += 1) await setImmediate();
        };
        sent.push({ text, turn, answer });
      }),
  };
  const delivery = new Delivery({
    host,
    output,
    outbox,
    log: silentLog,
    backoff: { initialMs: 1, maxMs: 2 },
    attemptsMax: null,
    connectProves: true,
    ...(options.hasMemory === undefined ? {} : { hasMemory: options.hasMemory }),
    reread: async () => null,
    tooLarge: () => undefined,
    settled: () => undefined,
  });
  const running = delivery.run(stop.signal);
  context.after(async () => {
    stop.abort();
    for (const one of sent) await one.answer(away);
    await running;
  });
  for (let look = 0; look < 5; look += 1) await setImmediate();
  const memory = openLineMemory({ bytes: 1 << 20, poison: true });
  for (const [index, text] of ['1\n', '2\n', '3\n'].entries()) outbox.enter(draftOf(text, index * 2, memory));
  for (let look = 0; look < 5; look += 1) await setImmediate();
  const texts = () => sent.map(({ text }) => text.trim()).join(' ');
  const watermark = () => outbox.settlement.marks('s')?.watermark;
  return { outbox, delivery, journal, sent, texts, watermark, state, memory };
}

test('as many batches are on their way as the output takes, and the watermark waits for the first', async (context) => {
  const { sent, texts, watermark, delivery } = await delivering(context, { inFlightMax: 2 });
  assert.equal(texts(), '1 2');
  assert.ok(delivery.busy);
  await sent[1]!.answer(acked);
  assert.equal(watermark(), 0);
  assert.equal(texts(), '1 2 3');
  await sent[0]!.answer(acked);
  assert.equal(watermark(), 4);
  await sent[2]!.answer(acked);
  assert.equal(watermark(), 6);
  assert.ok(!delivery.sending);
});

test('the turn of a batch comes when the acks of those before it are committed, and never after one that failed', async (context) => {
  const { sent, texts, state } = await delivering(context, { inFlightMax: 3 });
  const turns = new Map<string, boolean>();
  for (const one of sent) void one.turn.then((yes) => turns.set(one.text.trim(), yes));
  await setImmediate();
  assert.deepEqual([...turns], [['1', true]]);
  await sent[0]!.answer(acked);
  assert.equal(turns.get('2'), true);
  assert.equal(state.body({ output: 'default', sequence: 1, part: '' }), null);
  await sent[1]!.answer(away);
  assert.equal(turns.get('3'), false);
  await sent[2]!.answer(unsent);
  while (sent.length < 4) await setImmediate();
  assert.equal(texts(), '1 2 3 2', 'begins again with the one that failed, alone');
});

test('nothing new is sent after a failure until the outcome of all that are on their way is known', async (context) => {
  const { sent, texts, watermark, delivery } = await delivering(context, { inFlightMax: 2 });
  await sent[0]!.answer(away);
  while ((delivery.waitsMs ?? 0) > 0) await setImmediate();
  for (let look = 0; look < 20; look += 1) await setImmediate();
  assert.equal(texts(), '1 2');
  await sent[1]!.answer(acked);
  assert.equal(watermark(), 0);
  while (sent.length < 3) await setImmediate();
  assert.equal(sent[2]!.text, '1\n');
});

test('a batch that is spooled while it is on its way keeps its memory until its outcome is known', async (context) => {
  const { sent, outbox, memory } = await delivering(context, { inFlightMax: 1 });
  outbox.spoolAll();
  assert.ok(memory.lentBytes > 0);
  assert.equal(sent[0]!.text, '1\n');
  await sent[0]!.answer(acked);
  assert.equal(memory.lentBytes, 0);
  assert.equal(sent[1]!.text, '2\n', 'read from the spool');
});

test('without memory for another, one batch is on its way at a time', async (context) => {
  const { sent, texts } = await delivering(context, { inFlightMax: 3, hasMemory: () => false });
  assert.equal(texts(), '1');
  await sent[0]!.answer(acked);
  assert.equal(texts(), '1 2');
});

test('a dead letter that is sent once more is on its way once, however many may be', async (context) => {
  const { sent, texts, outbox } = await delivering(context, { inFlightMax: 2 });
  const third = outbox.queue.pending[2]!;
  await outbox.dead(third, { reason: 'it was asked for', secondChance: false });
  outbox.aside.changed({ ...third.stored, status: 'replay' });
  await sent[0]!.answer(acked);
  await sent[1]!.answer(acked);
  assert.equal(texts(), '1 2 3');
  await sent[2]!.answer(acked);
  assert.equal([...outbox.aside.batches()].length, 0);
});

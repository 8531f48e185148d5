/** The chain of batches between the real agent and the real hub: links, receipts, epochs. */
import assert from 'node:assert/strict';
import { appendFile, copyFile, cp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { HttpRequest, ServerReply } from '../../src/host/net.ts';
import { asFile, Journey, numbered } from '../support/journey.ts';

interface Chain {
  readonly epoch: string;
  readonly left: { readonly epoch: string; readonly sequence: number; readonly reason: string } | null;
  readonly contiguous_to: number;
  readonly newest: number;
}

async function chainsOf(journey: Journey): Promise<readonly Chain[]> {
  return (JSON.parse(await journey.ask('/api/chains')) as { chains: Chain[] }).chains;
}

async function eventsOf(
  journey: Journey,
): Promise<readonly { kind: string; detail: string; path: string | null }[]> {
  return JSON.parse(await journey.ask('/api/events')).events;
}

async function auditOf(journey: Journey): Promise<{ readonly complete: boolean }> {
  return JSON.parse((await journey.ask('/api/audit?content=1')).trim().split('\n').at(-1)!);
}

/** The hub as it is now, to be put back later. */
async function backUp(journey: Journey): Promise<() => Promise<void>> {
  const [hub, copy] = [join(journey.home, 'hub'), join(journey.home, 'hub-copy')];
  await journey.stopHub();
  await cp(hub, copy, { recursive: true });
  await journey.startHub();
  return async () => {
    await journey.stopHub();
    await rm(hub, { recursive: true });
    await cp(copy, hub, { recursive: true });
    await journey.startHub();
  };
}

function bodyOf(request: HttpRequest): string {
  return Buffer.from(request.body as Uint8Array).toString('latin1');
}

function replyOf(status: number): ServerReply {
  return { status, headers: { 'content-type': 'application/json' }, body: '{"message":"not this"}' };
}

test('all batches are one chain, whichever end was started again', async () => {
  await using journey = await Journey.start({ batch: { recordsMax: 3 } });
  await writeFile(journey.path('app.log'), asFile(numbered('one', 20)));
  await journey.untilCount(20);
  await journey.stopHub();
  await appendFile(journey.path('app.log'), asFile(numbered('two', 20)));
  await journey.startHub();
  await journey.exactly([...numbered('one', 20), ...numbered('two', 20)]);
  const [chain, ...others] = await chainsOf(journey);
  assert.deepEqual(others, []);
  assert.ok(chain!.newest >= 14, `${chain!.newest} links`);
  assert.equal(chain!.contiguous_to, chain!.newest);
  const { chain: known } = journey.status;
  assert.deepEqual([known?.epoch, known?.sequence, known?.refused], [chain!.epoch, chain!.newest, 0]);
  await journey.until('all have receipts', () => journey.status.chain!.receipts >= chain!.newest);
  assert.deepEqual(await eventsOf(journey), []);
  assert.equal((await auditOf(journey)).complete, true);
});

test('a receipt that does not verify is no ack: the batch is sent again, and the hub is told', async () => {
  let wrong = 3;
  await using journey = await Journey.open({
    answer: async (_request, hub) => {
      const reply = await hub();
      const json = typeof reply.body === 'string' ? JSON.parse(reply.body) : {};
      if (json.almadia?.receipt === undefined || wrong === 0) return reply;
      wrong -= 1;
      const receipt = { ...json.almadia.receipt, time: '2000-01-01T00:00:00.000Z' };
      return { ...reply, body: JSON.stringify({ ...json, almadia: { ...json.almadia, receipt } }) };
    },
  });
  await writeFile(journey.path('app.log'), asFile(numbered('line', 5)));
  await journey.startAgent();
  await journey.until('refused receipts are counted', () => journey.status.chain?.refused === 3);
  await journey.until('the hub shows it', async () => (await eventsOf(journey)).length > 0);
  const [event, ...others] = await eventsOf(journey);
  assert.equal(event!.kind, 'receipt-refused');
  assert.match(event!.detail, /signature/);
  assert.deepEqual(others, [], 'told once, not for each attempt');
  await journey.exactly(numbered('line', 5));
});

test('a batch that had to be split, or of which a line is set aside, leaves no hole in the chain', async () => {
  await using journey = await Journey.start({
    output: { gzip: 'never' },
    answer: async (request, hub) => {
      if (!request.path.endsWith('ingest-batch')) return hub();
      return bodyOf(request).includes('POISON\n') ? replyOf(422) : hub();
    },
  });
  const good = numbered('line', 8);
  await writeFile(journey.path('app.log'), asFile([...good.slice(0, 5), 'POISON', ...good.slice(5)]));
  await journey.untilCount(8);
  await journey.until('it is set aside', () => journey.status.deadLetters.records === 1);
  await journey.mark();
  const [chain] = await chainsOf(journey);
  assert.equal(chain!.contiguous_to, chain!.newest);
  assert.deepEqual(await eventsOf(journey).then((all) => all.filter(({ kind }) => kind !== 'gap')), []);
  const [stream] = await journey.streams();
  assert.deepEqual(
    stream!.gaps.map(({ reason }) => reason.slice(0, 6)),
    ['dead: '],
  );
});

test('a hub that was put back from a copy begins a chain anew that says so', async () => {
  await using journey = await Journey.start();
  await writeFile(journey.path('app.log'), asFile(numbered('one', 3)));
  await journey.untilCount(3);
  const putBack = await backUp(journey);
  await appendFile(journey.path('app.log'), asFile(numbered('two', 3)));
  await journey.untilCount(6);
  const [before] = await chainsOf(journey);
  await journey.until('all have receipts', () => journey.agent.audit()?.signed?.sequence === before!.newest);
  await putBack();
  // The reply to the first batch says that another process of the hub answers; the next is sent after a registration.
  await journey.mark();
  await journey.exactly([...numbered('one', 3), ...numbered('two', 3)]);
  const [first, second] = await chainsOf(journey);
  assert.equal(first!.epoch, before!.epoch);
  const { epoch, sequence, reason } = second!.left!;
  assert.deepEqual([epoch, reason], [before!.epoch, 'hub-went-back']);
  assert.ok(sequence > before!.newest);
  assert.equal(second!.contiguous_to, second!.newest);
  assert.equal(journey.status.ledger.openStreams, 0);
});

test('what a hub lost and is gone here too is a gap at both ends', async () => {
  await using journey = await Journey.start({ source: { rotateWaitMs: 50 } });
  await journey.mark();
  const putBack = await backUp(journey);
  await writeFile(journey.path('kept.log'), asFile(numbered('kept', 50)));
  await writeFile(journey.path('gone.log'), asFile(numbered('gone', 3)));
  await journey.untilCount(53);
  await rm(journey.path('gone.log'));
  await journey.until('it has ended', () =>
    journey.status.streams.some(({ path, status }) => path.endsWith('gone.log') && status === 'ended'),
  );
  await putBack();
  await journey.mark();
  await journey.exactly(numbered('kept', 50));
  await journey.untilSaid(/resend\.done .* 21 are gone/);
  const gone = (await journey.streams()).find(({ path }) => path.endsWith('gone.log'));
  assert.deepEqual(gone?.gaps, [{ from: 0, to: 21, reason: 'hub-went-back' }]);
  assert.equal(journey.status.totals.gapBytes, 21);
  const audit = journey.agent.audit();
  assert.deepEqual(
    audit?.missing.map(({ from, to, reason }) => ({ from, to, reason })),
    [{ from: 0, to: 21, reason: 'hub-went-back' }],
  );
  assert.equal(journey.status.ledger.openStreams, 0);
});

test('a hub that was put back gets long lines cut as before, and those without an end', async () => {
  const long = 'x'.repeat(5000);
  const lines = ['first', long, ...numbered('more', 2000), long];
  await using journey = await Journey.start({
    source: { lineBytesMax: 1024, rotateWaitMs: 50 },
    batch: { bytesMax: 8192 },
  });
  await journey.mark();
  const putBack = await backUp(journey);
  await writeFile(journey.path('a.log'), `${asFile(lines)}no end`);
  await journey.untilCount(lines.length);
  await rename(journey.path('a.log'), journey.path('a.log.1'));
  await journey.untilCount(lines.length + 1);
  const before = await journey.stored();
  await putBack();
  await journey.mark();
  await journey.exactly(before.map(({ text }) => text));
  const after = await journey.stored();
  const places = (stored: typeof before) =>
    stored.map(({ from, to, cut, text }) => ({ from, to, cut, text }));
  assert.deepEqual(places(after), places(before));
});

test('the hub shows a file that was shortened or changed behind what was read, and not one that was rotated', async () => {
  await using journey = await Journey.start({ source: { copyWaitMs: 50 } });
  for (const name of ['edited', 'moved', 'copied']) {
    await writeFile(journey.path(`${name}.log`), asFile(numbered(name, 40)));
  }
  await journey.untilCount(120);
  await rename(journey.path('moved.log'), journey.path('moved.log.1'));
  await writeFile(journey.path('moved.log'), asFile(['moved anew']));
  await copyFile(journey.path('copied.log'), journey.path('copied.log.1'));
  await truncate(journey.path('copied.log'), 0);
  const changed = numbered('edited', 40).map((line, index) => (index === 35 ? 'EDITED-36' : line));
  await writeFile(journey.path('edited.log'), asFile([...changed, 'and more']));
  await journey.untilCount(122);
  await journey.until('it is shown', async () => (await eventsOf(journey)).length > 0);
  const [event, ...others] = await eventsOf(journey);
  assert.deepEqual(
    [event!.kind, event!.path, others.length],
    ['source-edited', journey.path('edited.log'), 0],
  );
});

test('a hub that was replaced is named, and gets the lines', async () => {
  await using journey = await Journey.start();
  await writeFile(journey.path('app.log'), asFile(['before']));
  await journey.untilCount(1);
  const before = journey.status.chain!;
  await journey.stopHub();
  await rm(join(journey.home, 'hub'), { recursive: true });
  await journey.startHub();
  await appendFile(journey.path('app.log'), asFile(['after']));
  await journey.exactly(['before', 'after']);
  await journey.untilSaid(/hub\.changed another hub answers/);
  const after = journey.status.chain!;
  assert.ok(after.hubId !== before.hubId && after.publicKey !== before.publicKey);
  const left = (await chainsOf(journey)).map((chain) => chain.left?.reason);
  assert.ok(left.includes('hub-changed'), `${left}`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf, lines } from '../../test/compat/batches.ts';
import type { Batch } from '../event/batch.ts';
import { noLink, type SignedReceipt } from '../event/chain.ts';
import { createHost } from '../host/node/host.ts';
import { silentLog } from '../host/selflog.ts';
import { linkHash } from '../protocol/chain.ts';
import { memoryStore } from '../state/memory.ts';
import { Links, receiptsMax } from './links.ts';

const host = createHost();
const hub = { id: '1'.repeat(32), publicKey: 'a key' };
const output = 'main';

function open(store = memoryStore()) {
  const state = store.open();
  const commit = async (changes: Parameters<typeof state.commit>[0]) => state.commit(changes, 'full');
  const links = new Links({ state, output, host, log: silentLog, commit });
  return { state, links, store };
}

async function opened(link: Parameters<ReturnType<Links['registering']>['done']>[0] = { hub, link: null }) {
  const given = open();
  await given.links.registering().done(link);
  return given;
}

let batches = 0;

/** Another batch with its link. */
function linked({ links, state }: ReturnType<typeof open>): Batch {
  batches += 1;
  const { batch } = batchOf(lines('one\n', { from: batches * 4 }));
  const { chain, change } = links.link({ ...batch, id: `id ${batches}` }, String(batches % 10).repeat(64));
  state.commit([change], 'normal');
  return { ...batch, id: `id ${batches}`, chain };
}

function receiptOf({ id: batchId, chain }: Batch): SignedReceipt {
  const { epoch, sequence, part, contentHash } = chain!;
  const place = { hub: hub.id, agentId: 'a', batchId, epoch, sequence, part };
  return { ...place, records: 1, duplicates: 0, contentHash, link: 'l', time: 't', signature: 's' };
}

test('each link holds the hash of the one before, also after a restart', async () => {
  const given = await opened();
  const [first, second] = [linked(given), linked(given)];
  assert.deepEqual([first.chain!.sequence, first.chain!.previous], [1, noLink]);
  assert.equal(second.chain!.previous, linkHash(first.chain!, host.work));
  const again = open(given.store);
  assert.equal(again.links.epoch, null, 'nobody has offered anything yet');
  await again.links.registering().done({ hub, link: null });
  const third = linked(again);
  assert.deepEqual([third.chain!.epoch, third.chain!.sequence], [first.chain!.epoch, 3]);
  assert.equal(third.chain!.previous, linkHash(second.chain!, host.work));
});

test('a hub that offers no chain gets no links, and the chain goes on when it offers one again', async () => {
  const given = await opened();
  const first = linked(given);
  await given.links.registering().done(null);
  assert.equal(given.links.epoch, null);
  await given.links.registering().done({ hub, link: null });
  assert.equal(linked(given).chain!.epoch, first.chain!.epoch);
});

test('the newest receipts are kept, and no more', async () => {
  const given = await opened();
  for (let index = 0; index < receiptsMax + 3; index += 1) {
    const batch = linked(given);
    given.state.commit(given.links.proved(batch, receiptOf(batch)), 'normal');
  }
  const kept = given.state
    .kept(output, 'receipt')
    .map(({ value }) => (JSON.parse(value) as SignedReceipt).sequence);
  assert.deepEqual(
    kept.sort((a, b) => a - b),
    Array.from({ length: receiptsMax }, (_, index) => index + 4),
  );
  assert.equal(given.links.standing.receipts, receiptsMax + 3);
});

test('what came while a registration was under way says nothing of the hub’s answer to it', async () => {
  const given = await opened();
  const { epoch } = given.links;
  const before = given.links.registering();
  const batch = linked(given);
  given.links.proved(batch, receiptOf(batch));
  // The hub answered before it had the batch; the answer is late.
  await before.done({ hub, link: null });
  assert.equal(given.links.epoch, epoch);
  await given.links.registering().done({ hub, link: null });
  assert.notEqual(given.links.epoch, epoch, 'now it has lost what it had signed for');
});

test('a hole before a receipt is no loss of the hub’s, until it is filled', async () => {
  const given = await opened();
  const [first, second] = [linked(given), linked(given)];
  given.links.proved(second, receiptOf(second));
  const { epoch } = second.chain!;
  const place = { epoch, sequence: 0, hash: noLink, highest: 2 };
  await given.links.registering().done({ hub, link: place });
  assert.equal(given.links.epoch, epoch);
  // A part is not the whole.
  given.links.opened(first.chain!);
  given.links.proved(first, receiptOf(first));
  await given.links.registering().done({ hub, link: place });
  assert.equal(given.links.epoch, epoch);
  given.links.proved(first, receiptOf(first));
  await given.links.registering().done({ hub, link: place });
  assert.notEqual(given.links.epoch, epoch);
});

test('a batch that was set aside is stated until that was acked, and in a new epoch too', async () => {
  const given = await opened();
  const [dead, changed] = [linked(given), linked(given)];
  given.state.commit([...given.links.state(dead, '422'), ...given.links.state(changed, null)], 'normal');
  const [first, second] = open(given.store).links.statements;
  assert.deepEqual([first?.batchId, first?.segments[0]?.reason], [dead.id, '422']);
  assert.deepEqual([second?.batchId, second?.segments], [changed.id, []]);
  await given.links.registering().done({ hub: { ...hub, id: '2'.repeat(32) }, link: null });
  const [again, ...others] = given.links.statements;
  assert.deepEqual(others, [], 'what only closed the old chain is over with it');
  assert.deepEqual([again?.chain.epoch, again?.chain.sequence], [given.links.epoch, 1]);
  assert.equal(again?.chain.breaks?.reason, 'hub-changed');
  const batch = { ...linked(given), statements: given.links.statements };
  given.state.commit(given.links.proved(batch, receiptOf(batch)), 'normal');
  assert.deepEqual(given.links.statements, []);
  assert.deepEqual(open(given.store).links.statements, []);
});

test('refused receipts are counted, and told once until one is good again', async () => {
  const given = await opened();
  const batch = linked(given);
  const refuse = () => given.state.commit(given.links.refused(batch, 'forged'), 'normal');
  refuse();
  refuse();
  assert.equal(open(given.store).links.standing.refused, 2);
  const [event, ...others] = open(given.store).links.events.next();
  assert.deepEqual([event?.kind, event?.detail, others.length], ['receipt-refused', 'forged', 0]);
  given.links.proved(batch, receiptOf(batch));
  refuse();
  assert.equal(given.links.events.next().length, 2);
  given.state.commit(given.links.events.told(given.links.events.next()), 'normal');
  assert.deepEqual(open(given.store).links.events.next(), []);
});

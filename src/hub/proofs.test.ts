import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/hub/fixture.ts';
import { createHost } from '../host/node/host.ts';
import { silentLog } from '../host/selflog.ts';
import type { ChainAudit, Missing, Store, StreamAudit } from '../store/store.ts';
import { Proofs } from './proofs.ts';

const stream: StreamAudit = {
  ...{ number: 1, agent: 'web', id: 'a'.repeat(32), path: '/a.log', source: 'a.log', forkOf: null },
  ...{
    lines: 1,
    bytes: 1,
    duplicates: 0,
    begin: 0,
    ranges: [],
    removed: [],
    gaps: [],
    completeTo: 0,
    missing: [],
  },
};

const chain: ChainAudit = {
  ...{ agent: 'web', epoch: 'e', left: null, repeats: 0, links: 1, prunedTo: 0, contiguousTo: 1 },
  ...{ missing: [], broken: [], lost: [] },
};

const hole: Missing = { from: 4, to: 10, why: 'never-arrived' };

function looking() {
  const clock = new ManualClock();
  const found = { streams: [stream] as StreamAudit[], chains: [chain] as ChainAudit[], looks: 0 };
  const store = {
    async *audit() {
      found.looks += 1;
      yield* found.streams;
    },
    async *auditChains() {
      yield* found.chains;
    },
  } as unknown as Store;
  const proofs = new Proofs({ store, clock, work: createHost().work, log: silentLog });
  /** What is known after a look, when another may be due. */
  const verdict = async () => {
    clock.advance(60_000);
    proofs.changed('web');
    proofs.of('web');
    await proofs.idle();
    return proofs.of('web')!.complete;
  };
  return { clock, found, proofs, verdict };
}

test('a hole counts only when a second look finds one too', async () => {
  const { found, verdict } = looking();
  assert.equal(await verdict(), true);
  found.streams = [{ ...stream, missing: [hole] }];
  assert.deepEqual([await verdict(), await verdict(), await verdict()], [null, false, false]);
  found.streams = [stream];
  assert.equal(await verdict(), true);
  found.chains = [{ ...chain, missing: [{ from: 1, to: 2 }] }];
  assert.deepEqual([await verdict(), await verdict()], [null, false]);
});

test('what is gone, damaged or broken counts at once', async () => {
  const { found, proofs, verdict } = looking();
  for (const why of ['removed', 'not-acked', 'damaged'] as const) {
    found.streams = [{ ...stream, missing: [{ ...hole, why }] }];
    assert.equal(await verdict(), false, why);
    assert.equal(proofs.of('web')!.missingBytes, 6);
    found.streams = [stream];
    assert.equal(await verdict(), true);
  }
  found.chains = [{ ...chain, broken: [{ sequence: 1, part: '', batchId: 'b', why: 'previous' }] }];
  assert.equal(await verdict(), false);
});

test('gaps are counted, but not what the agent left out', async () => {
  const { found, proofs, verdict } = looking();
  const gaps = ['rotated-away', 'filtered: blank', 'dead: 422'].map((reason, at) => ({
    ...{ from: at * 10, to: at * 10 + 10, reason },
  }));
  found.streams = [{ ...stream, gaps }];
  assert.equal(await verdict(), true);
  assert.equal(proofs.of('web')!.gapBytes, 10);
});

test('an agent is not looked at again when nothing came, nor at once', async () => {
  const { clock, found, proofs, verdict } = looking();
  await verdict();
  clock.advance(600_000);
  proofs.of('web');
  proofs.changed('web');
  await proofs.idle();
  assert.equal(found.looks, 1);
  proofs.of('web');
  await proofs.idle();
  assert.equal(found.looks, 2);
  proofs.changed('web');
  proofs.of('web');
  await proofs.idle();
  assert.equal(found.looks, 2);
});

test('a store that refuses leaves what was known, and the next one is looked at', async () => {
  const { found, proofs, verdict } = looking();
  await verdict();
  found.streams = new Proxy([], { get: () => assert.fail('the disk is broken') });
  assert.equal(await verdict(), true);
  found.streams = [{ ...stream, missing: [{ ...hole, why: 'removed' }] }];
  assert.equal(await verdict(), false);
  await proofs.close();
});

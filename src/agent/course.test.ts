import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatedLink } from '../event/chain.ts';
import { courseOf, type Own } from './course.ts';

const [mine, other] = ['a'.repeat(32), 'b'.repeat(32)];
const hub = { id: '1'.repeat(32), publicKey: 'one' };
const own: Own = {
  hub,
  last: { epoch: mine, sequence: 9, hash: '9'.repeat(64) },
  proven: { epoch: mine, sequence: 5, highest: 7 },
};

function stated(sequence: number, highest = sequence, epoch = mine): StatedLink {
  return { epoch, sequence, hash: String(sequence).repeat(64), highest };
}

/** In short: whether the chain goes on, or which epoch is left where and why. */
function course(from: Own, link: StatedLink | null, by = hub): string {
  const found = courseOf(from, { hub: by, link });
  if (found.kind === 'on') return 'on';
  const { breaks } = found;
  return breaks === null ? 'first' : `${breaks.reason} ${breaks.epoch[0]} ${breaks.sequence}`;
}

test('the chain goes on where the hub has what it signed for, and nothing that is not known here', () => {
  for (const link of [stated(9), stated(8), stated(5, 7), stated(7, 9)])
    assert.equal(course(own, link), 'on');
});

test('a hub that has less than it signed for has gone back', () => {
  for (const link of [null, stated(4, 9), stated(5, 6), stated(9, 9, other)]) {
    assert.equal(course(own, link), 'hub-went-back a 9');
  }
});

test('an epoch of which nothing was received yet is not known to the hub, and that is no loss', () => {
  const young = { ...own, last: { epoch: mine, sequence: 2, hash: '2'.repeat(64) } };
  assert.equal(course({ ...young, proven: null }, null), 'on');
  const before = { epoch: other, sequence: 5, highest: 5 };
  assert.equal(course({ ...young, proven: before }, stated(5, 5, other)), 'on');
  assert.equal(course({ ...young, proven: before }, stated(4, 4, other)), 'hub-went-back a 2');
});

test('a hub that has links which were not given here says that this state is an older one', () => {
  assert.equal(course(own, stated(9, 10)), 'state-lost a 9');
  assert.equal(course(own, stated(12)), 'state-lost a 12');
  assert.equal(course(own, { ...stated(9), hash: '0'.repeat(64) }), 'state-lost a 9');
});

test('without a chain of its own an agent begins one, and leaves the one that the hub knows', () => {
  const nothing = { hub: null, last: null, proven: null };
  assert.equal(course(nothing, null), 'first');
  assert.equal(course(nothing, stated(4)), 'state-lost a 4');
});

test('another key or another id is another hub, whatever it has', () => {
  for (const by of [
    { ...hub, publicKey: 'two' },
    { ...hub, id: '2'.repeat(32) },
  ]) {
    for (const link of [null, stated(9)]) assert.equal(course(own, link, by), 'hub-changed a 9');
  }
});

/** When a directory counts as busy, and when as calm again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { after, calmSince, eventsAtOnce, type Traffic } from './traffic.ts';

/** A busy directory that is looked at for so long, each 10 ms at so many files of which so many have grown. */
function busyFor(ms: number, round: { readonly looks: number; readonly grown: number }): Traffic {
  let traffic: Traffic = { kind: 'busy', sinceMs: 0, looks: 0, grown: 0 };
  for (let atMs = 10; atMs <= ms; atMs += 10) {
    traffic = after(traffic, { kind: 'round', atMs, ...round });
    if (traffic.kind === 'calm') break;
  }
  return traffic;
}

test('is busy when its events cost more than one per cent of a core', () => {
  assert.equal(eventsAtOnce, 834);
  assert.equal(after(calmSince(0), { kind: 'events', atMs: 500 }).kind, 'busy');
});

test('stays calm below that, and counts anew', () => {
  assert.deepEqual(after(calmSince(0), { kind: 'events', atMs: 501 }), calmSince(501));
});

test('stays busy while its files grow at nearly every look', () => {
  assert.equal(busyFor(20_000, { looks: 1, grown: 1 }).kind, 'busy');
  assert.equal(busyFor(20_000, { looks: 100, grown: 10 }).kind, 'busy');
});

test('is calm again two seconds after its files have stopped to grow', () => {
  assert.equal(busyFor(1990, { looks: 3, grown: 0 }).kind, 'busy');
  assert.equal(busyFor(2000, { looks: 3, grown: 0 }).kind, 'calm');
});

test('waits longer where nothing that is followed causes the events', () => {
  assert.equal(busyFor(9990, { looks: 0, grown: 0 }).kind, 'busy');
  assert.equal(busyFor(10_000, { looks: 0, grown: 0 }).kind, 'calm');
});

test('takes no notice of events that were under way when the watch was put down', () => {
  const busy: Traffic = { kind: 'busy', sinceMs: 0, looks: 5, grown: 1 };
  assert.deepEqual(after(busy, { kind: 'events', atMs: 1 }), busy);
});

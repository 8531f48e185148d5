import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeClock } from './clock.ts';

test('sleeps at least so long', async () => {
  const before = nodeClock.monotonicMs();
  await nodeClock.sleep(5);
  assert.ok(nodeClock.monotonicMs() - before >= 4);
});

test('an aborted signal ends a sleep, however long, before or during it', async () => {
  await nodeClock.sleep(1e12, AbortSignal.abort());
  const abort = new AbortController();
  const sleeping = nodeClock.sleep(1e12, abort.signal);
  abort.abort();
  await sleeping;
});

test('a sleep longer than a timer can hold does not end at once', async () => {
  const abort = new AbortController();
  let ended = false;
  const sleeping = nodeClock.sleep(2 ** 40, abort.signal).then(() => {
    ended = true;
  });
  await nodeClock.sleep(5);
  assert.equal(ended, false);
  abort.abort();
  await sleeping;
});

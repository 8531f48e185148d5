import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeGate, type Gate, openGate } from './gate.ts';

const backoff = { initialMs: 500, maxMs: 60_000 };
const away = { why: 'away', afterMs: null, reason: 'refused' } as const;

function untilMs(gate: Gate): number {
  return gate.kind === 'closed' ? gate.untilMs : Number.NaN;
}

test('the delay grows with each failure, up to its bound, with full jitter', () => {
  let gate: Gate = openGate;
  const bounds: number[] = [];
  for (let failure = 0; failure < 9; failure += 1) {
    gate = closeGate(gate, away, { nowMs: 0, fraction: 1, backoff });
    bounds.push(untilMs(gate));
  }
  assert.deepEqual(bounds, [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  assert.equal(untilMs(closeGate(openGate, away, { nowMs: 100, fraction: 0.5, backoff })), 350);
});

test('what the destination asks for is honoured when it is longer', () => {
  const gate = closeGate(openGate, { ...away, afterMs: 7000 }, { nowMs: 0, fraction: 0, backoff });
  assert.equal(untilMs(gate), 7000);
});

test('a fixed delay is kept as it is', () => {
  const fixed = { initialMs: 2000, maxMs: 2000 };
  assert.equal(untilMs(closeGate(openGate, away, { nowMs: 0, fraction: 0.1, backoff: fixed })), 2000);
});

test('a destination that refuses the configuration is probed slowly from the start', () => {
  const refused = { why: 'refused', afterMs: null, reason: '401' } as const;
  assert.equal(untilMs(closeGate(openGate, refused, { nowMs: 0, fraction: 1, backoff })), 7500);
});

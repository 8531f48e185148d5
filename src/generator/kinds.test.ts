import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededDice } from './dice.ts';
import { eventKinds, kindChooser } from './kinds.ts';

test('there are 14 kinds, and their frequencies add up to 1,000', () => {
  assert.equal(new Set(eventKinds.map((kind) => kind.name)).size, 14);
  assert.equal(
    eventKinds.reduce((sum, kind) => sum + kind.perMille, 0),
    1000,
  );
});

test('kinds come as often as the table says', () => {
  const choose = kindChooser(eventKinds);
  const dice = seededDice(7);
  const seen = new Map<string, number>();
  const draws = 200_000;
  for (let index = 0; index < draws; index++) {
    const { name } = choose(dice);
    seen.set(name, (seen.get(name) ?? 0) + 1);
  }
  for (const kind of eventKinds) {
    const perMille = ((seen.get(kind.name) ?? 0) / draws) * 1000;
    const tolerance = Math.max(1, kind.perMille * 0.1);
    assert.ok(Math.abs(perMille - kind.perMille) < tolerance, `${kind.name}: ${perMille}`);
  }
});

test('some kinds alone keep the ratio of their frequencies', () => {
  const wanted = eventKinds.filter((kind) => kind.name === 'topup' || kind.name === 'api-error');
  const choose = kindChooser(wanted);
  const dice = seededDice(3);
  let errors = 0;
  for (let index = 0; index < 60_000; index++) if (choose(dice).name === 'api-error') errors += 1;
  assert.ok(errors > 9_000 && errors < 11_000, `${errors} of 60,000 where 10,000 are due`);
});

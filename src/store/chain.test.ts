import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isWhole, rivals, wholeLinks } from './chain.ts';
import type { LinkRow } from './chain-rows.ts';

const row: LinkRow = {
  ...{ epoch: 1, sequence: 1, part: '', hash: 'a', previous: '0', batchId: 'b', batchHash: 'c' },
  ...{ contentHash: 'd', segments: '[]' },
};

test('a batch is whole with itself, or with both halves of every split', () => {
  const whole = [[''], ['0', '1'], ['0', '10', '11'], ['00', '01', '10', '110', '111'], ['', '0']];
  for (const parts of whole) assert.equal(isWhole(new Set(parts)), true, parts.join());
  const holed = [[], ['0'], ['0', '10'], ['00', '01', '11'], ['000', '001', '1']];
  for (const parts of holed) assert.equal(isWhole(new Set(parts)), false, parts.join());
});

test('however a batch is split it is whole with all parts, and not without one', () => {
  const tree: fc.Arbitrary<string[]> = fc.letrec<{ tree: string[] }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      fc.constant<string[]>(['']),
      fc
        .tuple(tie('tree'), tie('tree'))
        .map(([left, right]) => [...left.map((part) => `0${part}`), ...right.map((part) => `1${part}`)]),
    ),
  })).tree;
  fc.assert(
    fc.property(tree, fc.nat(), (parts, pick) => {
      assert.ok(isWhole(new Set(parts)));
      assert.ok(!isWhole(new Set(parts.filter((_, index) => index !== pick % parts.length))));
    }),
  );
});

test('two links or two contents at one place are rivals, a statement beside what it states is none', () => {
  assert.deepEqual([...rivals([row])], []);
  assert.deepEqual([...rivals([row, { ...row, contentHash: '' }])], []);
  assert.deepEqual([...rivals([{ ...row, contentHash: '' }, row])], []);
  assert.deepEqual([...rivals([row, { ...row, contentHash: 'x' }])], ['']);
  assert.deepEqual([...rivals([row, { ...row, contentHash: '' }, { ...row, contentHash: 'x' }])], ['']);
  assert.deepEqual([...rivals([row, { ...row, hash: 'other' }])], ['']);
  assert.deepEqual(
    [
      ...rivals([
        { ...row, part: '0' },
        { ...row, part: '1', hash: 'other' },
      ]),
    ],
    ['0', '1'],
  );
});

test('of rivals each is looked at by itself', () => {
  const split = [
    { ...row, part: '0' },
    { ...row, part: '1', hash: 'other' },
  ];
  assert.deepEqual(wholeLinks(split), []);
  assert.equal(wholeLinks([...split, { ...row, part: '1' }]).length, 1);
});

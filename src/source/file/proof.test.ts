import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Proof } from '../../event/stream.ts';
import { keepProofs } from './proof.ts';

function trail(steps: number, stepBytes: number): readonly Proof[] {
  let proofs: readonly Proof[] = [];
  for (let step = 1; step <= steps; step += 1) {
    proofs = keepProofs(proofs, { position: step * stepBytes, length: 4096, hash: `${step}` });
  }
  return proofs;
}

test('proofs stand at doubling distances, few and never far apart, whatever the steps', () => {
  for (const stepBytes of [100, 4096, 9200, 1_000_000]) {
    const end = 5000 * stepBytes;
    const proofs = trail(5000, stepBytes);
    assert.ok(proofs.length <= 17, `${proofs.length} proofs`);
    assert.equal(proofs.at(-1)!.position, end);
    assert.deepEqual(
      proofs,
      [...proofs].sort((a, b) => a.position - b.position),
    );
    for (const back of [2 * stepBytes + 8192, 40_000, 300_000].filter((bytes) => bytes > 4 * stepBytes)) {
      const found = proofs.findLast((proof) => end - proof.position >= back);
      assert.ok(
        found === undefined ? end < 4 * back : end - found.position <= 4 * back,
        `${stepBytes}, ${back}`,
      );
    }
  }
});

test('the same position again takes the place of the old proof', () => {
  const first: Proof = { position: 10, length: 10, hash: 'old' };
  const again: Proof = { position: 10, length: 10, hash: 'new' };
  assert.deepEqual(keepProofs([first], again), [again]);
});

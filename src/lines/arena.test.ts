import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Arena, type Region } from './arena.ts';

const granule = 16 * 1024;
const start = 100;

function arenaOf(granules: number): { readonly arena: Arena; readonly memory: Buffer } {
  const memory = Buffer.alloc(start + granules * granule);
  return { memory, arena: new Arena(memory, { from: start, poison: true }) };
}

function offsetIn(memory: Buffer, region: Region): number {
  return region.bytes.buffer === memory.buffer ? region.bytes.byteOffset - memory.byteOffset : -1;
}

test('lends the lowest stretch that is free, and memory of its own when there is none', () => {
  const { arena, memory } = arenaOf(4);
  const [a, b, c] = [arena.take(granule), arena.take(granule + 1), arena.take(1)];
  assert.deepEqual(
    [a, b, c].map((one) => offsetIn(memory, one)),
    [start, start + granule, start + 3 * granule],
  );
  const outside = arena.take(10);
  assert.equal(offsetIn(memory, outside), -1);
  assert.equal(outside.bytes.length, 10);
  a.release();
  assert.equal(offsetIn(memory, arena.take(granule + 1)), -1, 'no two granules lie together');
  assert.equal(offsetIn(memory, arena.take(5)), start);
});

test('what is shared is given back by the last holder, and never twice', () => {
  const { arena } = arenaOf(2);
  const region = arena.take(10);
  const other = region.share();
  region.release();
  assert.equal(arena.lentBytes, granule);
  other.release();
  assert.equal(arena.lentBytes, 0);
  assert.throws(() => other.release(), /twice/);
});

test('a region that shrinks keeps its beginning', () => {
  const { arena, memory } = arenaOf(3);
  const region = arena.take(3 * granule);
  region.bytes.fill(7);
  region.shrink(granule + 1);
  assert.equal(region.bytes.length, granule + 1);
  assert.ok(region.bytes.every((byte) => byte === 7));
  assert.equal(offsetIn(memory, arena.take(granule)), start + 2 * granule);
});

test('nobody is lent what another holds, whatever is taken, shrunk and given back', () => {
  const step = fc.record({
    take: fc.option(fc.integer({ min: 1, max: 3 * granule }), { nil: null }),
    which: fc.nat(20),
    shrink: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { arena } = arenaOf(8);
      const held: { readonly region: Region; readonly mark: number }[] = [];
      steps.forEach(({ take, which, shrink }, index) => {
        const one = held[which % Math.max(1, held.length)];
        if (take !== null) {
          const region = arena.take(take);
          region.bytes.fill(index + 1);
          held.push({ region, mark: index + 1 });
        } else if (one !== undefined && shrink) one.region.shrink(one.region.bytes.length >> 1);
        else if (one !== undefined) {
          one.region.release();
          held.splice(held.indexOf(one), 1);
        }
        for (const { region, mark } of held) assert.ok(region.bytes.every((byte) => byte === mark));
      });
      for (const { region } of held) region.release();
      assert.equal(arena.lentBytes, 0);
    }),
  );
});

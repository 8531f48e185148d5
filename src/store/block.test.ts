import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nodeWork } from '../host/node/work.ts';
import { BlockError, blockBytesMax, blockBytesMin, blocksOf, decodeBlock, encodeBlock } from './block.ts';
import type { Line } from './store.ts';

const record = fc.record({
  bytes: fc.uint8Array({ maxLength: 300 }),
  extra: fc.integer({ min: 1, max: 3 }),
  cut: fc.boolean(),
  receivedAtMs: fc.integer({ min: 0, max: 2 ** 45 }),
});

const lines = fc
  .tuple(fc.integer({ min: 0, max: 2 ** 50 }), fc.array(record, { minLength: 1, maxLength: 50 }))
  .map(([start, records]) => {
    let from = start;
    return records.map(({ bytes, extra, cut, receivedAtMs }): Line => {
      const to = from + bytes.length + extra;
      const line = { from, to, bytes, cut, receivedAtMs };
      from = to;
      return line;
    });
  });

function plain(list: readonly Line[]): unknown[] {
  return list.map((line) => ({ ...line, bytes: Buffer.from(line.bytes).toString('hex') }));
}

function line(from: number, bytes: Uint8Array): Line {
  return { from, to: from + bytes.length + 1, bytes, cut: false, receivedAtMs: 1000 };
}

test('gives back every line that it was made from', async () => {
  await fc.assert(
    fc.asyncProperty(lines, async (list) => {
      const block = await encodeBlock(list, nodeWork);
      assert.equal(block.from, list[0]!.from);
      assert.equal(block.to, list.at(-1)!.to);
      assert.deepEqual(plain(await decodeBlock(block.body, block.contentBytes, nodeWork)), plain(list));
    }),
    { numRuns: 200 },
  );
});

test('compresses a block of full size and keeps a small one as it is', async () => {
  const small = await encodeBlock([line(0, Buffer.alloc(100, 'a'))], nodeWork);
  assert.ok(small.body.length >= 100);
  const large = await encodeBlock([line(0, Buffer.alloc(blockBytesMin, 'a'))], nodeWork);
  assert.ok(large.body.length < 1000, `${large.body.length} bytes`);
});

test('refuses a block of which any byte was changed, or that was cut off', async () => {
  const list = [line(0, Buffer.from('one')), line(4, Buffer.from('two'))];
  const { body, contentBytes } = await encodeBlock(list, nodeWork);
  for (let at = 0; at < body.length; at++) {
    const changed = Uint8Array.from(body);
    changed[at]! ^= 0x41;
    await assert.rejects(decodeBlock(changed, contentBytes, nodeWork), BlockError, `byte ${at}`);
    await assert.rejects(decodeBlock(body.subarray(0, at), contentBytes, nodeWork), BlockError);
  }
});

test('never fails but with BlockError, whatever content stands under a good checksum', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (content) => {
      const head = Uint8Array.of(1, 0);
      const check = Buffer.from(nodeWork.sha256([head, content]).slice(0, 16), 'hex');
      const body = Buffer.concat([head, check, content]);
      await decodeBlock(body, content.length, nodeWork).catch((error: unknown) => {
        assert.ok(error instanceof BlockError, String(error));
      });
    }),
    { numRuns: 500 },
  );
});

test('expands no further than the block is said to be', async () => {
  const { body } = await encodeBlock([line(0, Buffer.alloc(blockBytesMax, 'a'))], nodeWork);
  await assert.rejects(decodeBlock(body, 1000, nodeWork), BlockError);
});

test('cuts lines into blocks of bounded size and leaves a longer line by itself', () => {
  const list: Line[] = [];
  for (const size of [200_000, 50_000, 20_000, 900_000, 10]) {
    list.push(line(list.at(-1)?.to ?? 0, Buffer.alloc(size)));
  }
  assert.deepEqual(
    blocksOf(list).map((block) => block.map((one) => one.bytes.length)),
    [[200_000, 50_000], [20_000], [900_000], [10]],
  );
});

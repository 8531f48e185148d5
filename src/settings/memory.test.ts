import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentSettings } from './agent.ts';
import { memoryBytesOf } from './memory.ts';

const mebibyte = 1024 * 1024;

function settings(batchBytes: number, lineBytes: number, memoryBytesMax?: number): AgentSettings {
  return {
    batch: { bytesMax: batchBytes },
    sources: [{ lineBytesMax: 1 }, { lineBytesMax: lineBytes }],
    ...(memoryBytesMax === undefined ? {} : { limits: { memoryBytesMax } }),
  } as unknown as AgentSettings;
}

test('the budget holds four of the largest batches or lines, and is what was asked for where that is given', () => {
  assert.equal(memoryBytesOf(settings(mebibyte, mebibyte)), 20 * mebibyte);
  assert.equal(memoryBytesOf(settings(mebibyte, 64 * mebibyte)), 256 * mebibyte);
  assert.equal(memoryBytesOf(settings(8 * mebibyte, mebibyte)), 32 * mebibyte);
  assert.equal(memoryBytesOf(settings(mebibyte, mebibyte, 5 * mebibyte)), 5 * mebibyte);
});

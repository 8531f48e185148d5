import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { ExpansionError } from '../work.ts';
import { nodeWork } from './work.ts';

const text = Buffer.from('a line of a log\n'.repeat(1000));

async function kindOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error instanceof ExpansionError ? error.kind : String(error)),
  );
}

test('gzip of several parts expands to all of them', async () => {
  const packed = await nodeWork.gzip([text.subarray(0, 7), text.subarray(7)]);
  assert.ok(packed.length < text.length / 4);
  assert.deepEqual(Buffer.from(await nodeWork.decompress('gzip', packed, text.length)), text);
});

test('every encoding expands up to the bound and not beyond it', async () => {
  const samples = [
    ['gzip', gzipSync(text)],
    ['gzip', Buffer.concat([gzipSync(text.subarray(0, 100)), gzipSync(text.subarray(100))])],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
  ] as const;
  for (const [encoding, bytes] of samples) {
    assert.deepEqual(Buffer.from(await nodeWork.decompress(encoding, bytes, text.length)), text);
    assert.equal(await kindOf(nodeWork.decompress(encoding, bytes, text.length - 1)), 'too-large');
  }
});

test('a bomb is given up at the bound', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  assert.equal(await kindOf(nodeWork.decompress('gzip', bomb, 1024)), 'too-large');
});

test('bytes that are cut off or something else are corrupt', async () => {
  const packed = gzipSync(text);
  assert.equal(await kindOf(nodeWork.decompress('gzip', packed.subarray(0, -9), 1e6)), 'corrupt');
  assert.equal(await kindOf(nodeWork.decompress('gzip', text, 1e6)), 'corrupt');
  assert.equal(await kindOf(nodeWork.decompress('gzip', new Uint8Array(), 1e6)), 'corrupt');
});

test('hashes parts as one', () => {
  assert.equal(
    nodeWork.sha256(['a', Buffer.from('bc')]),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

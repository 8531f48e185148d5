import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
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
  const packed = await nodeWork.compress('gzip', [text.subarray(0, 7), text.subarray(7)]);
  assert.ok(packed.length < text.length / 4);
  assert.deepEqual(Buffer.from(await nodeWork.decompress('gzip', packed, text.length)), text);
});

test('whatever this engine can make it expands again, up to the bound', async () => {
  assert.ok(nodeWork.encodings.includes('gzip') && nodeWork.encodings.includes('br'));
  for (const encoding of nodeWork.encodings) {
    const packed = await nodeWork.compress(encoding, [text.subarray(0, 7), text.subarray(7)]);
    assert.ok(packed.length < text.length / 4);
    assert.deepEqual(Buffer.from(await nodeWork.decompress(encoding, packed, text.length)), text);
    assert.equal(await kindOf(nodeWork.decompress(encoding, packed, text.length - 1)), 'too-large');
    assert.equal(await kindOf(nodeWork.decompress(encoding, packed.subarray(0, 9), 1e6)), 'corrupt');
  }
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

/** What comes out, in one buffer, and how it ended. */
async function expanded(parts: readonly Uint8Array[]): Promise<{ bytes: Buffer; end: string }> {
  const pieces: Uint8Array[] = [];
  const input = (async function* () {
    yield* parts;
  })();
  const end = await kindOf(
    (async () => {
      for await (const piece of nodeWork.gunzip(input)) {
        assert.ok(piece.length <= 64 * 1024);
        pieces.push(piece);
      }
    })(),
  );
  return { bytes: Buffer.concat(pieces), end };
}

test('gunzip expands all members, whatever the pieces in which they come, and ignores zeros after them', async () => {
  const packed = Buffer.concat([gzipSync(text.subarray(0, 100)), gzipSync(text.subarray(100))]);
  for (const size of [1, 7, packed.length]) {
    const parts = [];
    for (let at = 0; at < packed.length; at += size) parts.push(packed.subarray(at, at + size));
    const { bytes, end } = await expanded([...parts, Buffer.alloc(size * 3)]);
    assert.equal(end, 'none');
    assert.ok(bytes.equals(text));
  }
});

test('gunzip gives what stands before the end of a file that is cut short', async () => {
  const random = randomBytes(100_000);
  const packed = gzipSync(random);
  const { bytes, end } = await expanded([packed.subarray(0, 60_000)]);
  assert.equal(end, 'cut-short');
  assert.ok(bytes.length > 50_000 && bytes.equals(random.subarray(0, bytes.length)));
  assert.equal((await expanded([])).end, 'cut-short');
  assert.equal((await expanded([packed.subarray(0, -1)])).end, 'cut-short');
});

test('gunzip names what is corrupt: other bytes, a wrong checksum', async () => {
  const packed = gzipSync(text);
  packed[packed.length - 6]! ^= 0xff;
  assert.equal((await expanded([packed])).end, 'corrupt');
  assert.equal((await expanded([text])).end, 'corrupt');
});

test('gunzip of a bomb holds a few MiB at a time, and can be left', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const pieces = nodeWork.gunzip(
    (async function* () {
      yield bomb;
    })(),
  );
  const before = process.memoryUsage().arrayBuffers;
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > 32 * 1024 * 1024) break;
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 24 * 1024 * 1024);
});

test('hashes parts as one', () => {
  assert.equal(
    nodeWork.sha256(['a', Buffer.from('bc')]),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

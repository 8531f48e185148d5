import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { createHost } from '../../host/node/host.ts';
import { CompressedFile } from './compressed.ts';

const { disk, work } = createHost();
const never = new AbortController().signal;
const kept = 64 * 1024;

async function compressed(context: TestContext, parts: readonly Uint8Array[]): Promise<CompressedFile> {
  const directory = await mkdtemp(join(tmpdir(), 'almadia-gzip-'));
  const path = join(directory, 'f.gz');
  const handle = await open(path, 'w');
  for (const part of parts) await handle.write(part);
  await handle.close();
  const file = new CompressedFile(await disk.open(path, 'read'), { work, keptBytes: kept });
  context.after(async () => {
    await file.close();
    await rm(directory, { recursive: true });
  });
  return file;
}

async function read(file: CompressedFile, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length + 2);
  const count = await file.read(bytes, { offset: 1, length, position: from });
  return bytes.subarray(1, 1 + count);
}

test('gives what the file held, wherever and in whatever order it is read', async (context) => {
  const content = randomBytes(500_000);
  const file = await compressed(context, [
    gzipSync(content.subarray(0, 1)),
    gzipSync(content.subarray(1, 300_000)),
    gzipSync(content.subarray(300_000)),
  ]);
  const ranges = fc.array(fc.tuple(fc.nat(510_000), fc.nat(200_000)), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(ranges, async (reads) => {
      for (const [from, length] of reads) {
        const bytes = await read(file, from, length);
        assert.ok(bytes.equals(content.subarray(from, from + length)), `${from}, ${length}`);
      }
    }),
    { numRuns: 30 },
  );
  assert.equal(await file.measure(never), true);
  assert.equal((await file.stat()).size, content.length);
  assert.equal(file.damage, null);
});

test('ends where a file that is cut short ends, also when it is read again', async (context) => {
  const content = randomBytes(200_000);
  const file = await compressed(context, [gzipSync(content).subarray(0, 100_000)]);
  await file.measure(never);
  const { size } = await file.stat();
  assert.equal(file.damage, 'cut-short');
  assert.ok(size > 50_000 && size < 100_001);
  for (let round = 0; round < 2; round += 1) {
    assert.ok((await read(file, 0, 200_000)).equals(content.subarray(0, size)));
    assert.equal((await read(file, size, 10)).length, 0);
    assert.equal(file.damage, 'cut-short');
  }
});

test('names a file that is corrupt', async (context) => {
  const packed = gzipSync(randomBytes(100_000));
  packed[packed.length - 5]! ^= 1;
  const file = await compressed(context, [packed]);
  await file.measure(never);
  assert.equal(file.damage, 'corrupt');
});

test('reads an archive of 100 MB in bounded memory', async (context) => {
  const member = Buffer.alloc(1024 * 1024);
  const whole = createHash('sha256');
  const parts: Uint8Array[] = [];
  for (let index = 0; index < 100; index += 1) {
    member.fill(`a line of member ${index}\n`);
    whole.update(member);
    parts.push(gzipSync(member));
  }
  const file = await compressed(context, parts);
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const seen = createHash('sha256');
  const bytes = Buffer.alloc(256 * 1024);
  for (let position = 0; ; ) {
    const count = await file.read(bytes, { offset: 0, length: bytes.length, position });
    if (count === 0) break;
    seen.update(bytes.subarray(0, count));
    position += count;
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  assert.equal(seen.digest('hex'), whole.digest('hex'));
  assert.ok(most < 50 * 1024 * 1024, `${most} bytes`);
});

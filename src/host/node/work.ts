/** Compression on Node's thread pool, bounded where the input is hostile, and hashing on the spot. */
import { createHash } from 'node:crypto';
import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { type Encoding, ExpansionError, type Work } from '../work.ts';
import { signerOf, verifies } from './ed25519.ts';

const gunzip = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const inflate = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.inflate);
const inflateRaw = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.inflateRaw);
const unbrotli = promisify<Uint8Array, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress);
const zstandard = zstandardOf(zlib);

const chunkSize = 64 * 1024;

/** Quality 0 takes a third of gzip's time for fewer bytes, on log lines; each step up costs more than it saves. A larger
 * window than 256 KiB takes more memory for next to no fewer bytes. */
const brotliParams = {
  [zlib.constants.BROTLI_PARAM_QUALITY]: 0,
  [zlib.constants.BROTLI_PARAM_LGWIN]: 18,
};
/** ZSTD_c_compressionLevel, of which older engines do not know the name. */
const zstandardParams = { 100: 1 };

export const nodeWork: Work = {
  encodings: zstandard === null ? ['br', 'gzip'] : ['br', 'zstd', 'gzip'],
  compress,
  decompress,
  gunzip: expandMembers,
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  sha256: (parts) => {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest('hex');
  },
  signer: signerOf,
  verify: verifies,
};

/**
 * The parts go through one compressor, one after another: put together first, they cost a copy and memory that waits for
 * the garbage collector. For the same reason output comes in small chunks; larger ones save no time that can be measured.
 */
async function compress(encoding: Encoding, parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const stream = compressorOf(encoding);
  const made: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => made.push(chunk));
    stream.on('end', resolve);
    stream.on('error', reject);
    for (const part of parts) stream.write(part);
    stream.end();
  });
  return made.length === 1 ? made[0]! : Buffer.concat(made);
}

function compressorOf(encoding: Encoding): Transform {
  switch (encoding) {
    case 'gzip':
      // Level 1: half the time of level 6 for a tenth more bytes, on log lines.
      return zlib.createGzip({ chunkSize, level: 1 });
    case 'br':
      return zlib.createBrotliCompress({ chunkSize, params: brotliParams });
    case 'zstd':
      if (zstandard === null) throw new Error('this engine has no zstd');
      return zstandard.createCompress({ chunkSize, params: zstandardParams });
  }
}

/** Output is made in chunks and given up as soon as it passes the bound, so a bomb costs no more than the bound. */
async function decompress(
  encoding: Encoding | 'deflate',
  bytes: Uint8Array,
  bytesMax: number,
): Promise<Uint8Array> {
  const options = {
    chunkSize: expandedChunk(bytes.length, bytesMax),
    maxOutputLength: Math.max(1, bytesMax),
  };
  try {
    const expanded = await expand(encoding, bytes, options);
    if (expanded.length > bytesMax) throw tooLarge(bytesMax);
    return expanded;
  } catch (error) {
    if (error instanceof ExpansionError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(bytesMax);
    throw new ExpansionError('corrupt', `not valid ${encoding}: ${(error as Error).message}`);
  }
}

/**
 * Each chunk is a trip to the pool and back, and several are put together afterwards: 1 MiB of log lines in one chunk
 * takes 0.6 of the time that it takes in chunks of 64 KiB. They seldom expand to more than eight times their size.
 */
function expandedChunk(bytes: number, bytesMax: number): number {
  return Math.max(chunkSize, Math.min(8 * bytes, bytesMax, 1024 * 1024));
}

/** DEFLATE expands by at most 1032: so much input brings at most about 4 MiB before the next is asked for. */
const inputBytesMax = 4 * 1024;

async function* expandMembers(input: AsyncIterable<Uint8Array>): AsyncIterableIterator<Uint8Array> {
  const stream = zlib.createGunzip({ chunkSize });
  const pieces: Uint8Array[] = [];
  let failure: NodeJS.ErrnoException | null = null;
  // The stream is done when it fails, and when bytes follow that are no further member.
  let settle: () => void = () => undefined;
  const step = (work: (done: () => void) => void) =>
    new Promise<void>((resolve) => {
      settle = resolve;
      work(resolve);
    });
  stream.on('data', (piece: Uint8Array) => pieces.push(piece));
  stream.on('end', () => settle());
  stream.on('error', (error) => {
    failure = error;
    settle();
  });
  const broken = () => (failure === null ? null : expansionErrorOf(failure));
  try {
    for await (const part of input) {
      for (let at = 0; at < part.length; at += inputBytesMax) {
        if (stream.readableEnded) break;
        await step((done) => stream.write(part.subarray(at, at + inputBytesMax), done));
        yield* pieces.splice(0);
        const error = broken();
        if (error !== null) throw error;
      }
    }
    if (!stream.readableEnded) await step(() => stream.end());
    yield* pieces.splice(0);
    const error = broken();
    if (error !== null) throw error;
  } finally {
    stream.destroy();
  }
}

function expansionErrorOf(failure: NodeJS.ErrnoException): ExpansionError {
  const kind = failure.code === 'Z_BUF_ERROR' ? 'cut-short' : 'corrupt';
  return new ExpansionError(kind, `not a whole gzip file: ${failure.message}`);
}

function expand(
  encoding: Encoding | 'deflate',
  bytes: Uint8Array,
  options: { readonly chunkSize: number; readonly maxOutputLength: number },
): Promise<Buffer> {
  switch (encoding) {
    case 'gzip':
      return gunzip(bytes, options);
    case 'deflate':
      // RFC 9110 8.4.1.2: "deflate" is the zlib format, but some senders leave its header out.
      return ((bytes[0] ?? 0) & 0x0f) === 8 ? inflate(bytes, options) : inflateRaw(bytes, options);
    case 'br':
      return unbrotli(bytes, options);
    case 'zstd':
      if (zstandard === null) throw new Error('this engine has no zstd');
      return zstandard.expand(bytes, options);
  }
}

interface Zstandard {
  createCompress(options: object): Transform;
  expand(bytes: Uint8Array, options: object): Promise<Buffer>;
}

/** Node has it since 22.15, and the types used here are older. https://nodejs.org/api/zlib.html#zlibzstdcompress */
function zstandardOf(library: object): Zstandard | null {
  const { createZstdCompress, zstdDecompress } = library as {
    readonly createZstdCompress?: (options: object) => Transform;
    readonly zstdDecompress?: typeof zlib.brotliDecompress;
  };
  if (createZstdCompress === undefined || zstdDecompress === undefined) return null;
  return {
    createCompress: createZstdCompress,
    expand: promisify<Uint8Array, object, Buffer>(zstdDecompress),
  };
}

function tooLarge(bytesMax: number): ExpansionError {
  return new ExpansionError('too-large', `expands to more than ${bytesMax} bytes`);
}

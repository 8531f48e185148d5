/** Compression on Node's thread pool, bounded where the input is hostile, and hashing on the spot. */
import { createHash, webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { type Encoding, ExpansionError, type Work } from '../work.ts';
import { signerOf, verifies } from './ed25519.ts';

const gzip = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gzip);
const gunzip = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const inflate = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.inflate);
const inflateRaw = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.inflateRaw);
const brotli = promisify<Uint8Array, zlib.BrotliOptions, Buffer>(zlib.brotliCompress);
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
  digest,
  signer: signerOf,
  verify: verifies,
};

async function compress(encoding: Encoding, parts: readonly Uint8Array[]): Promise<Uint8Array> {
  if (parts.length === 1) return compressWhole(encoding, parts[0]!);
  const scratch = takeScratch(parts.reduce((sum, part) => sum + part.length, 0));
  let length = 0;
  for (const part of parts) {
    scratch.set(part, length);
    length += part.length;
  }
  try {
    return await compressWhole(encoding, scratch.subarray(0, length));
  } finally {
    if (spare.length < spareMax && scratch.length <= spareBytesMax) spare.push(scratch);
  }
}

/** Less than this is hashed in less time than a trip to the pool and back takes, bytes. */
const pooledHashBytesMin = 64 * 1024;

async function digest(parts: readonly Uint8Array[]): Promise<string> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length < pooledHashBytesMin) return nodeWork.sha256(parts);
  const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex');
}

/**
 * Where parts are put together to be compressed. Kept for the next, since what is left to the garbage collector stays for
 * many batches: at most so many, of so many bytes each.
 */
const spare: Uint8Array[] = [];
const spareMax = 2;
const spareBytesMax = 4 * 1024 * 1024;

function takeScratch(bytes: number): Uint8Array {
  const at = spare.findIndex((one) => one.length >= bytes);
  return at < 0 ? Buffer.allocUnsafeSlow(bytes + (bytes >> 3)) : spare.splice(at, 1)[0]!;
}

async function compressWhole(encoding: Encoding, bytes: Uint8Array): Promise<Uint8Array> {
  const options = { chunkSize: compressedChunk(bytes.length) };
  switch (encoding) {
    case 'gzip':
      // Level 1: half the time of level 6 for a tenth more bytes, on log lines.
      return gzip(bytes, { ...options, level: 1 });
    case 'br':
      return brotli(bytes, { ...options, params: brotliParams });
    case 'zstd':
      if (zstandard === null) throw new Error('this engine has no zstd');
      return zstandard.compress(bytes, { ...options, params: zstandardParams });
  }
}

/** Log lines are compressed to a quarter and less; each further chunk would be another trip to the pool and back. */
function compressedChunk(bytes: number): number {
  return Math.max(chunkSize, Math.min(bytes >> 2, 1024 * 1024));
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
  compress(bytes: Uint8Array, options: object): Promise<Buffer>;
  expand(bytes: Uint8Array, options: object): Promise<Buffer>;
}

/** Node has it since 22.15, and the types used here are older. https://nodejs.org/api/zlib.html#zlibzstdcompress */
function zstandardOf(library: object): Zstandard | null {
  const { zstdCompress, zstdDecompress } = library as Record<string, typeof zlib.brotliCompress | undefined>;
  if (zstdCompress === undefined || zstdDecompress === undefined) return null;
  return {
    compress: promisify<Uint8Array, object, Buffer>(zstdCompress),
    expand: promisify<Uint8Array, object, Buffer>(zstdDecompress),
  };
}

function tooLarge(bytesMax: number): ExpansionError {
  return new ExpansionError('too-large', `expands to more than ${bytesMax} bytes`);
}

/** Heavy computation, off the event loop where that pays. */
export interface Work {
  /** The encodings that this engine can make and expand, the cheapest first (docs/decisions/0018-encodings.md). */
  readonly encodings: readonly Encoding[];
  /** As fast as the encoding can be made: what is sent or stored is made once and expanded seldom. */
  compress(encoding: Encoding, parts: readonly Uint8Array[]): Promise<Uint8Array>;
  /** Rejects with `ExpansionError` once the result would exceed `bytesMax`. */
  decompress(encoding: Encoding | 'deflate', bytes: Uint8Array, bytesMax: number): Promise<Uint8Array>;
  /**
   * Expands a gzip file (RFC 1952, all its members) as it is pulled, in pieces of at most 64 KiB; at no time more than
   * some MiB wait. After the pieces that could be had it rejects with `ExpansionError` `corrupt` or `cut-short`.
   */
  gunzip(input: AsyncIterable<Uint8Array>): AsyncIterableIterator<Uint8Array>;
  /** Resolves when whoever waited for work that is done by now has gone on. */
  turn(): Promise<void>;
  /**
   * SHA-256 of the parts together, in hexadecimal, on the spot: 0.75 ms a MiB. Node's way through the thread pool copies
   * them twice, and the copies wait for the garbage collector: 30 MB more resident memory at full speed.
   */
  sha256(parts: readonly (Uint8Array | string)[]): string;
  /** Ed25519 (RFC 8032) with the key pair of a seed of 32 bytes; some tens of microseconds a signature. */
  signer(seed: Uint8Array): Signer;
  /** False also for a key that is none. */
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean;
}

export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes, the same for the same bytes. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** Content encodings, in HTTP's words: RFC 9110 8.4.1, RFC 7932 and RFC 8878. Only newer engines have zstd. */
export type Encoding = 'gzip' | 'br' | 'zstd';

/**
 * `too-large`: a decompression bomb. `corrupt`: not what its encoding says. `cut-short`: what came is what its encoding
 * says, and its end is missing (told apart by `gunzip` alone).
 */
export class ExpansionError extends Error {
  readonly kind: 'too-large' | 'corrupt' | 'cut-short';
  constructor(kind: ExpansionError['kind'], message: string) {
    super(message);
    this.name = 'ExpansionError';
    this.kind = kind;
  }
}

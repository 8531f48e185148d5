/** Heavy computation, off the event loop where that pays. */
export interface Work {
  gzip(parts: readonly Uint8Array[]): Promise<Uint8Array>;
  /** Decompresses gzip, deflate or brotli. Rejects with `ExpansionError` once the result would exceed `bytesMax`. */
  decompress(encoding: 'gzip' | 'deflate' | 'br', bytes: Uint8Array, bytesMax: number): Promise<Uint8Array>;
  /**
   * Expands a gzip file (RFC 1952, all its members) as it is pulled, in pieces of at most 64 KiB; at no time more than
   * some MiB wait. After the pieces that could be had it rejects with `ExpansionError` `corrupt` or `cut-short`.
   */
  gunzip(input: AsyncIterable<Uint8Array>): AsyncIterableIterator<Uint8Array>;
  /** SHA-256 of the parts together, in hexadecimal. */
  sha256(parts: readonly (Uint8Array | string)[]): string;
}

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

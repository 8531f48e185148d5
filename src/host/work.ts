/** Heavy computation, off the event loop where that pays. */
export interface Work {
  gzip(parts: readonly Uint8Array[]): Promise<Uint8Array>;
  /** Decompresses gzip, deflate or brotli. Rejects with `ExpansionError` once the result would exceed `bytesMax`. */
  decompress(encoding: 'gzip' | 'deflate' | 'br', bytes: Uint8Array, bytesMax: number): Promise<Uint8Array>;
  /** SHA-256 of the parts together, in hexadecimal. */
  sha256(parts: readonly (Uint8Array | string)[]): string;
}

/** `too-large`: a decompression bomb. `corrupt`: not what its encoding says. */
export class ExpansionError extends Error {
  readonly kind: 'too-large' | 'corrupt';
  constructor(kind: ExpansionError['kind'], message: string) {
    super(message);
    this.name = 'ExpansionError';
    this.kind = kind;
  }
}

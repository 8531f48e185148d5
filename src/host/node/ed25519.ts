/**
 * Ed25519 (RFC 8032) from bare keys: Node takes them only in their DER wrappings (RFC 8410), of which all bytes before the
 * key are always the same.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Signer } from '../work.ts';

const privateWrapping = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicWrapping = Buffer.from('302a300506032b6570032100', 'hex');
const keyBytes = 32;

export function signerOf(seed: Uint8Array): Signer {
  const key = createPrivateKey({
    key: Buffer.concat([privateWrapping, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const wrapped = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: wrapped.subarray(publicWrapping.length),
    sign: (bytes) => sign(null, bytes, key),
  };
}

/** An agent asks about one hub's key again and again, and to read a key costs as much as to use it. */
let last: { readonly publicKey: Uint8Array; readonly key: KeyObject } | null = null;

export function verifies(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== keyBytes) return false;
  if (last === null || Buffer.compare(last.publicKey, publicKey) !== 0) {
    last = { publicKey: Uint8Array.from(publicKey), key: keyOf(publicKey) };
  }
  return verify(null, bytes, last.key, signature);
}

function keyOf(publicKey: Uint8Array): KeyObject {
  return createPublicKey({
    key: Buffer.concat([publicWrapping, publicKey]),
    format: 'der',
    type: 'spki',
  });
}

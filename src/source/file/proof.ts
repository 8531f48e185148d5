/**
 * Evidence that a file is the one that was read: hashes of its first bytes and of bytes before positions.
 *
 * A stream keeps a few proofs at doubling distances behind the newest, so that a file cut back by a power loss or by
 * `truncate` finds the largest prefix that is still the same. A proof shorter than `prefixProofBytesMin` is too weak
 * for that (a header that every new file repeats would pass for an old prefix, and lines would be skipped): such a
 * file is read again from its beginning, and lines are repeated rather than lost.
 */
import type { Proof } from '../../event/stream.ts';
import type { FileHandle } from '../../host/disk.ts';
import type { Work } from '../../host/work.ts';

export const headBytesMax = 1024;
export const proofBytesMax = 4096;
export const prefixProofBytesMin = 1024;
const proofsMax = 16;

export function makeProof(work: Work, position: number, tail: Uint8Array): Proof {
  return { position, length: tail.length, hash: work.sha256([tail]) };
}

/**
 * Adds the newest and thins those behind it: of each doubling of the distance only the oldest stays. It is the one
 * that grows into the next doubling, so that small steps too leave a trail.
 */
export function keepProofs(proofs: readonly Proof[], newest: Proof): readonly Proof[] {
  const kept: Proof[] = [];
  let doublingBefore = proofsMax;
  for (const proof of proofs) {
    const distance = newest.position - proof.position;
    const doubling = Math.floor(Math.log2(Math.max(1, distance / proofBytesMax)));
    if (distance <= 0 || doubling >= doublingBefore) continue;
    kept.push(proof);
    doublingBefore = doubling;
  }
  return [...kept, newest];
}

/** The bytes before the proof's position, when they are what the proof says; null when they are not. */
export async function prove(work: Work, handle: FileHandle, proof: Proof): Promise<Buffer | null> {
  const bytes = Buffer.alloc(proof.length);
  const count = await handle.read(bytes, {
    offset: 0,
    length: bytes.length,
    position: proof.position - proof.length,
  });
  if (count < bytes.length) return null;
  return proof.length === 0 || work.sha256([bytes]) === proof.hash ? bytes : null;
}

/** The proof of a file's first bytes, up to 1 KiB and up to `limit`. */
export async function headOf(work: Work, handle: FileHandle, limit = headBytesMax): Promise<Proof> {
  const bytes = Buffer.alloc(Math.min(limit, headBytesMax));
  const count = await handle.read(bytes, { offset: 0, length: bytes.length, position: 0 });
  return makeProof(work, count, bytes.subarray(0, count));
}

/** The largest earlier position whose bytes still stand in the file; 0 when there is none. */
export async function largestPrefix(
  work: Work,
  handle: FileHandle,
  proofs: readonly Proof[],
): Promise<number> {
  for (let index = proofs.length - 1; index >= 0; index -= 1) {
    const proof = proofs[index]!;
    if (proof.length < prefixProofBytesMin) continue;
    if ((await prove(work, handle, proof)) !== null) return proof.position;
  }
  return 0;
}

/**
 * Who this hub is to its agents: an id, and the key pair with which it signs receipts.
 *
 * Both lie in the store's file, not in one of their own: a back-up that is restored is the same hub that went back, which
 * is what its agents must be able to tell, and there is nothing that could be restored without the other. The file is
 * its user's alone (0600 in 0700).
 */
import type { HubIdentity } from '../event/chain.ts';
import type { Random } from '../host/random.ts';
import { randomName } from '../host/random.ts';
import type { Signer, Work } from '../host/work.ts';
import type { Notes } from '../store/store.ts';

const seedBytes = 32;

export interface Identity extends HubIdentity {
  readonly signer: Signer;
}

/** Drawn at the first opening. Throws as the store does. */
export function identityOf(machine: {
  readonly notes: Notes;
  readonly random: Random;
  readonly work: Work;
}): Identity {
  const { notes, random, work } = machine;
  let kept = notes.get('hub', 'identity');
  if (kept === null) {
    const seed = Buffer.from(random.bytes(seedBytes)).toString('base64');
    kept = JSON.stringify({ id: randomName(random), seed });
    notes.put('hub', 'identity', { value: kept, durability: 'full' });
  }
  const { id, seed } = JSON.parse(kept) as { readonly id: string; readonly seed: string };
  const signer = work.signer(Buffer.from(seed, 'base64'));
  return { id, publicKey: Buffer.from(signer.publicKey).toString('base64'), signer };
}

/**
 * The hub's own key, which opens everything: 256 random bits made at the first start, or a text given in the settings. Only its SHA-256 is kept.
 *
 * A plain hash is enough for random bits: there is nothing to guess. Who chooses a key of their own should choose one
 * as long.
 */
import { AlmadiaError } from '../host/errors.ts';
import type { Random } from '../host/random.ts';
import type { Work } from '../host/work.ts';
import type { Notes } from '../store/store.ts';

export const keyCharactersMax = 1024;

export class Keys {
  /** Of the key in force, SHA-256 in hexadecimal. */
  readonly hash: string;
  /** The key when it was made just now, to be shown once; else null. */
  readonly newKey: string | null;
  readonly #work: Work;

  /** Throws `AlmadiaError` HUB_KEY_UNUSABLE for a key that no client could send. */
  constructor(given: string | null, machine: { notes: Notes; random: Random; work: Work }) {
    const { notes, random, work } = machine;
    this.#work = work;
    if (given !== null && !isSendable(given))
      throw new AlmadiaError('HUB_KEY_UNUSABLE', { max: keyCharactersMax });
    const kept = notes.get('key', 'hash');
    this.newKey =
      given === null && kept === null ? Buffer.from(random.bytes(32)).toString('base64url') : null;
    const key = given ?? this.newKey;
    this.hash = key === null ? kept! : work.sha256([key]);
    if (this.hash !== kept) notes.put('key', 'hash', { value: this.hash, durability: 'full' });
  }

  fits(candidate: string): boolean {
    return (
      candidate.length <= keyCharactersMax && equalInConstantTime(this.#work.sha256([candidate]), this.hash)
    );
  }
}

/** RFC 9110 5.5: what a header carries through every client and proxy as it is. */
function isSendable(key: string): boolean {
  return key.length <= keyCharactersMax && /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(key);
}

/** Compares texts of equal length without telling by its time where they differ. */
export function equalInConstantTime(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let at = 0; at < right.length; at++) difference |= left.charCodeAt(at) ^ right.charCodeAt(at);
  return difference === 0;
}

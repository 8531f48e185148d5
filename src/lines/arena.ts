/**
 * Room in a kernel's memory, lent and given back. What is lent is one stretch of bytes; the lowest that is free is lent
 * first, so that pages which were touched before are touched again and the rest of the address space takes no room on
 * the machine.
 *
 * The arena is no budget: whoever borrows keeps to `limits.memory`. Where it has no stretch left that is long enough,
 * `take` gives memory of its own, which costs a copy later and nothing else.
 */
import type { Hold } from '../event/hold.ts';

/** Everything is lent in multiples of this: a part-filled one wastes little, and the map of them stays small. */
const granuleBytes = 16 * 1024;

/** A stretch of bytes; the borrower's until every hold on it is released. */
export interface Region extends Hold {
  readonly bytes: Buffer;
  /** Gives back what lies behind the first `length` bytes. */
  shrink(length: number): void;
}

export interface ArenaOptions {
  /** Where in the memory the arena begins; it reaches to the end. */
  readonly from: number;
  /** Overwrites what is given back, so that a test sees whoever goes on using it. */
  readonly poison?: boolean;
}

export class Arena {
  readonly #memory: Buffer;
  readonly #from: number;
  readonly #poison: boolean;
  /** One entry a granule: 1 is lent. */
  readonly #map: Uint8Array;
  /** No granule before it is free. */
  #lowest = 0;
  /** How many granules are lent. */
  #lent = 0;

  constructor(memory: Buffer, options: ArenaOptions) {
    this.#memory = memory;
    this.#from = options.from;
    this.#poison = options.poison ?? false;
    this.#map = new Uint8Array(Math.floor((memory.length - options.from) / granuleBytes));
  }

  take(length: number): Region {
    const count = granulesFor(length);
    const first = this.#find(count);
    if (first < 0) return new Lent(Buffer.allocUnsafeSlow(length), () => undefined);
    this.#map.fill(1, first, first + count);
    this.#lent += count;
    if (first === this.#lowest) this.#lowest = first + count;
    const at = this.#from + first * granuleBytes;
    const bytes = this.#memory.subarray(at, at + length);
    return new Lent(bytes, (from, to) => this.#giveBack(first + granulesFor(from), first + granulesFor(to)));
  }

  get lentBytes(): number {
    return this.#lent * granuleBytes;
  }

  /** The first of `count` free granules that follow one another; -1 when there are none. */
  #find(count: number): number {
    let first = this.#map.indexOf(0, this.#lowest);
    while (first >= 0 && first + count <= this.#map.length) {
      const lent = this.#map.subarray(first, first + count).lastIndexOf(1);
      if (lent < 0) return first;
      first = this.#map.indexOf(0, first + lent);
    }
    return -1;
  }

  #giveBack(from: number, to: number): void {
    if (from >= to) return;
    this.#map.fill(0, from, to);
    this.#lent -= to - from;
    this.#lowest = Math.min(this.#lowest, from);
    const at = this.#from;
    if (this.#poison) this.#memory.fill(0xdd, at + from * granuleBytes, at + to * granuleBytes);
  }
}

class Lent implements Region {
  #bytes: Buffer;
  #holders = 1;
  /** Gives back the granules that hold none but the bytes of this range. */
  readonly #giveBack: (from: number, to: number) => void;

  constructor(bytes: Buffer, giveBack: (from: number, to: number) => void) {
    this.#bytes = bytes;
    this.#giveBack = giveBack;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  shrink(length: number): void {
    this.#giveBack(length, this.#bytes.length);
    this.#bytes = this.#bytes.subarray(0, length);
  }

  share(): Hold {
    this.#holders += 1;
    return this;
  }

  release(): void {
    if (this.#holders === 0) throw new Error('memory was given back twice');
    this.#holders -= 1;
    if (this.#holders === 0) this.shrink(0);
  }
}

function granulesFor(length: number): number {
  return Math.ceil(length / granuleBytes);
}

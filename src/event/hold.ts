/**
 * A right to bytes that are lent and will be used again: they stay as they are until everyone who holds them has let go,
 * each once. Bytes that nobody lends (a plain buffer) need no hold.
 */
export interface Hold {
  /** One holder more. */
  share(): Hold;
  /** One holder less; with the last one the bytes may become anything. Throws when there is none left. */
  release(): void;
}

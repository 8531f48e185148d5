/**
 * The content of a gzip file, read like a file of its own: positions and sizes are those of the expanded bytes.
 *
 * It is expanded forward, as far as reads ask. The last `keptBytes` are kept, so that a reader which goes back a little
 * is served; one that goes back further makes it expand from the beginning again. What cannot be expanded is the end
 * of the file, and `damage` says why. Errors of the disk below are passed on.
 */
import { DiskError, type FileHandle, type FileStat } from '../../host/disk.ts';
import { ExpansionError, type Work } from '../../host/work.ts';

/** `cut-short`: its end is missing, or not yet written. `corrupt`: nothing that it gives can be trusted. */
export type Damage = 'cut-short' | 'corrupt';

const inputBytes = 64 * 1024;

export class CompressedFile implements FileHandle {
  readonly #file: FileHandle;
  readonly #work: Work;
  readonly #keptBytes: number;
  #pieces: AsyncIterator<Uint8Array> | null = null;
  /** What is kept: the bytes from `#from` to `#to`. */
  readonly #window: Uint8Array[] = [];
  #from = 0;
  #to = 0;
  #end: number | null = null;
  #damage: Damage | null = null;

  /** The file belongs to it from now on. */
  constructor(file: FileHandle, options: { readonly work: Work; readonly keptBytes: number }) {
    this.#file = file;
    this.#work = options.work;
    this.#keptBytes = options.keptBytes;
  }

  /** Why it ends where it does; null when it is whole, or its end was not reached yet. */
  get damage(): Damage | null {
    return this.#damage;
  }

  async read(
    target: Uint8Array,
    at: { readonly offset: number; readonly length: number; readonly position: number },
  ): Promise<number> {
    const { offset, position } = at;
    if (position < this.#from) await this.#rewind();
    const to = position + at.length;
    while (this.#to < to && (await this.#expand())) this.#forget(position);
    let start = this.#from;
    let count = 0;
    for (const piece of this.#window) {
      const part = piece.subarray(Math.max(0, position - start), Math.max(0, to - start));
      target.set(part, offset + count);
      count += part.length;
      start += piece.length;
    }
    return count;
  }

  /** Expands it to its end, keeping nothing: its size and whether it is whole are known then. False when aborted. */
  async measure(signal: AbortSignal): Promise<boolean> {
    while (this.#end === null && !signal.aborted && (await this.#expand())) this.#forget(this.#to);
    return this.#end !== null;
  }

  /** The file below, with the expanded size; as far as it has come, when it was not measured. */
  async stat(): Promise<FileStat> {
    return { ...(await this.#file.stat()), size: this.#end ?? this.#to };
  }

  async write(): Promise<void> {
    throw new DiskError('EBADF', '', 'a compressed file is only read');
  }

  async sync(): Promise<void> {
    await this.#file.sync();
  }

  async close(): Promise<void> {
    await this.#rewind();
    await this.#file.close();
  }

  /** Brings the next bytes; false at the end. */
  async #expand(): Promise<boolean> {
    if (this.#end !== null && this.#to >= this.#end) return false;
    this.#pieces ??= this.#work.gunzip(this.#input());
    try {
      const next = await this.#pieces.next();
      if (next.done !== true) {
        this.#window.push(next.value);
        this.#to += next.value.length;
        return true;
      }
    } catch (error) {
      if (!(error instanceof ExpansionError)) {
        // The disk failed: the next read begins anew.
        await this.#rewind();
        throw error;
      }
      this.#damage = error.kind === 'cut-short' ? 'cut-short' : 'corrupt';
    }
    this.#end = this.#to;
    return false;
  }

  async *#input(): AsyncIterableIterator<Uint8Array> {
    for (let position = 0; ; ) {
      const bytes = Buffer.allocUnsafeSlow(inputBytes);
      const count = await this.#file.read(bytes, { offset: 0, length: inputBytes, position });
      if (count === 0) return;
      yield bytes.subarray(0, count);
      position += count;
    }
  }

  /** Lets go of what lies before the position and is not among the last bytes. */
  #forget(position: number): void {
    const before = Math.min(position, this.#to - this.#keptBytes);
    while (this.#window.length > 0 && this.#from + this.#window[0]!.length <= before)
      this.#from += this.#window.shift()!.length;
  }

  async #rewind(): Promise<void> {
    const pieces = this.#pieces;
    this.#pieces = null;
    this.#window.length = 0;
    this.#from = 0;
    this.#to = 0;
    await pieces?.return?.();
  }
}

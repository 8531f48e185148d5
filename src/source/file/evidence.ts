/** Comparing content: is this the file that was read, is that one a copy of it? Reads only; changes nothing. */
import type { Proof, StreamId } from '../../event/stream.ts';
import type { Disk, FileHandle, FileStat } from '../../host/disk.ts';
import { absent } from '../../host/disk.ts';
import type { Work } from '../../host/work.ts';
import { lastLineEnd } from '../../lines/ends.ts';
import type { Follow, Registry } from './follow.ts';
import { headBytesMax, makeProof, proofBytesMax, prove } from './proof.ts';

/** RFC 1952: every gzip member begins with these bytes. Zstandard (RFC 8878) and xz have their own. */
const compressedMagic = ['1f8b', '28b52ffd', 'fd377a585a00', '425a68'];

/**
 * `same`:  the file's bytes are those of the stream's file, so far.
 * `open`:  the stream's file was truncated: whoever reads it will notice, and decides.
 * `other`: not a copy.
 */
export type Likeness = 'same' | 'open' | 'other';

export class Evidence {
  readonly #disk: Disk;
  readonly #work: Work;
  readonly #registry: Registry;
  /** The first bytes of each open file that were compared with what is remembered; they change while the file is short. */
  readonly #judged = new WeakMap<object, Buffer>();

  readonly #proofs: (id: StreamId) => readonly Proof[];

  constructor(
    host: { readonly disk: Disk; readonly work: Work },
    registry: Registry,
    proofs: (id: StreamId) => readonly Proof[],
  ) {
    this.#proofs = proofs;
    this.#disk = host.disk;
    this.#work = host.work;
    this.#registry = registry;
  }

  /** The bytes before the follow's position, when this file's head and those bytes are what was read; else null. */
  async of(follow: Follow, handle: FileHandle): Promise<Uint8Array | null> {
    if ((await prove(this.#work, handle, follow.record.head)) === null) return null;
    const position = follow.tailer?.position ?? follow.position;
    const before = await bytesBefore(handle, position);
    const remembered = follow.tailer?.remembered ?? follow.remembered;
    if (remembered !== null) {
      const same = before.subarray(before.length - remembered.length).equals(remembered);
      return before.length >= remembered.length && same ? before : null;
    }
    const proof = this.#proofs(follow.record.id).findLast((one) => one.position <= position);
    if (proof !== undefined && (await prove(this.#work, handle, proof)) === null) return null;
    return before;
  }

  /**
   * The head of a file that is new. It ends at a line end where there is one: what stands behind may still change (a
   * power loss takes unfinished lines), and the file would then not be known again.
   */
  async headOf(handle: FileHandle): Promise<Proof> {
    return (await this.beginningOf(handle)).head;
  }

  /** The head, and whether the file is a compressed one, in one read. */
  async beginningOf(handle: FileHandle): Promise<{ readonly head: Proof; readonly compressed: boolean }> {
    const bytes = Buffer.alloc(headBytesMax);
    const count = await handle.read(bytes, { offset: 0, length: bytes.length, position: 0 });
    const lines = lastLineEnd(bytes.subarray(0, count));
    const length = lines > 0 ? lines : count;
    const start = bytes.toString('hex', 0, Math.min(count, 6));
    return {
      head: makeProof(this.#work, length, bytes.subarray(0, length)),
      compressed: compressedMagic.some((magic) => start.startsWith(magic)),
    };
  }

  /** The head of what was read, when it says more than the one remembered or another thing; null otherwise. */
  betterHead({ tailer, record }: Follow): Proof | null {
    if (tailer === null || tailer.head.length === 0 || this.#judged.get(tailer) === tailer.head) return null;
    this.#judged.set(tailer, tailer.head);
    // The file was cut before it was read: what was remembered never came.
    if (tailer.head.length < record.head.length)
      return makeProof(this.#work, tailer.head.length, tailer.head);
    const same = this.#work.sha256([tailer.head.subarray(0, record.head.length)]) === record.head.hash;
    const due = Math.min(headBytesMax, record.head.length * 2);
    const longer = tailer.head.length > record.head.length && tailer.head.length >= due;
    return same && !longer ? null : makeProof(this.#work, tailer.head.length, tailer.head);
  }

  /** The followed file whose beginning this new file repeats so far; null when there is none. */
  async originalOf(
    path: string,
    stat: FileStat,
  ): Promise<{ readonly original: Follow; readonly likeness: Likeness } | null> {
    const handle = await this.#disk.open(path, 'read').catch(absent(null));
    if (handle === null) return null;
    try {
      for (const follow of await this.#like(handle, { path, size: stat.size })) {
        const live = follow.phase.kind === 'followed' && follow.record.identity.inode !== stat.inode;
        const likeness = live ? await this.likeness(path, follow) : 'other';
        if (likeness !== 'other') return { original: follow, likeness };
      }
      return null;
    } finally {
      await handle.close();
    }
  }

  /**
   * Streams with the head of this file. Of a copy that has only begun, shorter than the head, the name must tell: it
   * lies beside the original and begins like it (`app.log.1`, `app-20260101.log`).
   */
  async #like(
    handle: FileHandle,
    file: { readonly path: string; readonly size: number },
  ): Promise<readonly Follow[]> {
    const like: Follow[] = [];
    const bytes = Buffer.alloc(headBytesMax);
    const count = await handle.read(bytes, { offset: 0, length: bytes.length, position: 0 });
    for (const length of this.#registry.headLengths()) {
      if (length === 0 || length > count) continue;
      like.push(...this.#registry.withHead(length, this.#work.sha256([bytes.subarray(0, length)])));
    }
    if (file.size >= headBytesMax) return like;
    const begun = [...this.#registry.beginningLike(file.path)].filter(
      ({ record }) => record.head.length > file.size,
    );
    return [...like, ...begun];
  }

  /**
   * Whether a file may be the copy of a followed one: it holds what was read of it, or has not come that far yet. While
   * the original is unchanged, the bytes that both have must agree too.
   */
  async likeness(path: string, original: Follow): Promise<Likeness> {
    const found = await this.#withFile(path, async (copy) => {
      if (original.tailer !== null) return await this.#agree(copy, original.tailer.handle, original);
      return await this.#withFile(original.record.path, async (source) => {
        // Its path may lead elsewhere by now.
        const { inode } = await source.stat();
        if (inode !== original.record.identity.inode) return 'other';
        return await this.#agree(copy, source, original);
      });
    });
    return found ?? 'other';
  }

  /** Whether a short file is nothing but the beginning of these first bytes. */
  async isWithin(handle: FileHandle, head: Uint8Array): Promise<boolean> {
    const bytes = Buffer.alloc(head.length + 1);
    const count = await handle.read(bytes, { offset: 0, length: bytes.length, position: 0 });
    return count <= head.length && bytes.subarray(0, count).equals(head.subarray(0, count));
  }

  /** Whether the file at the stream's path no longer holds what was read of it, though nobody has read there since. */
  async isReplaced(follow: Follow): Promise<boolean> {
    const replaced = await this.#withFile(follow.record.path, async (handle) => {
      const { inode } = await handle.stat();
      return inode === follow.record.identity.inode && (await this.of(follow, handle)) === null;
    });
    return replaced === true;
  }

  async #agree(copy: FileHandle, source: FileHandle, original: Follow): Promise<Likeness> {
    const [copySize, sourceSize] = [(await copy.stat()).size, (await source.stat()).size];
    const position = original.tailer?.position ?? original.position;
    const unchanged = sourceSize >= position && (await this.of(original, source)) !== null;
    // Truncated just now: whoever reads the original will notice, and then look for this very copy.
    if (!unchanged) return copySize < position || (await this.of(original, copy)) !== null ? 'open' : 'other';
    if (copySize > sourceSize) return 'other';
    const [a, b] = [await bytesBefore(copy, copySize), await bytesBefore(source, copySize)];
    // Where the original was truncated between these looks, the next one decides.
    if (a.equals(b)) return 'same';
    return (await source.stat()).size < sourceSize ? 'open' : 'other';
  }

  /** Null when nothing is there; what cannot be opened proves nothing, and is thrown. */
  async #withFile<T>(path: string, test: (handle: FileHandle) => Promise<T>): Promise<T | null> {
    const handle = await this.#disk.open(path, 'read').catch(absent(null));
    if (handle === null) return null;
    try {
      return await test(handle);
    } finally {
      await handle.close();
    }
  }
}

/** Up to 4 KiB that end at a position. */
export async function bytesBefore(handle: FileHandle, position: number): Promise<Buffer> {
  const length = Math.min(position, proofBytesMax);
  if (length === 0) return Buffer.alloc(0);
  const bytes = Buffer.alloc(length);
  const count = await handle.read(bytes, { offset: 0, length, position: position - length });
  return bytes.subarray(0, count);
}

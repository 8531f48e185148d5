/**
 * What was really written: every line of every generation of every file, with the inodes that carry it. From this the
 * oracle knows what must arrive, what may be missing and what may be repeated, and why.
 *
 * A line may be missing only when every inode that carried it became unreachable (no name, no handle of a living
 * agent) or lost those bytes. Offsets are bytes in the file of the generation.
 */
import type { Inode } from '../world/inode.ts';

export interface WrittenLine {
  readonly generation: Generation;
  /** Grows with every line that is written anywhere. */
  readonly serial: number;
  readonly from: number;
  /** Line end included. */
  readonly to: number;
  /** With the line end. */
  readonly raw: Buffer;
  /** Without it. */
  readonly bytes: Buffer;
  /** Why it may be missing; null: it must arrive. */
  excuse: string | null;
  /** Why it may be there more than once; null: it may not. */
  repeatable: string | null;
}

interface Carrier {
  readonly inode: Inode;
  /** Up to here it holds the generation's bytes. */
  validTo: number;
  /** As many losses of power are taken into account. */
  powerLosses: number;
}

/**
 * What a writer wrote to one file without a break. After a loss of power the writer goes on in the same file with a
 * new generation, at `base`, since what came before it may have changed.
 */
export interface Generation {
  readonly writer: string;
  readonly number: number;
  /** The number of the first generation of the same file. */
  readonly file: number;
  readonly base: number;
  readonly lines: WrittenLine[];
  readonly carriers: Carrier[];
  /** Infinity while it has no whole line. */
  firstLineAtMs: number;
}

/** Enough of a line to hold its name. */
const prefixBytes = 32;
const LF = 0x0a;
const CR = 0x0d;

export class Truth {
  readonly generations: Generation[] = [];
  /** By the line's bytes as latin1: writers never write the same line twice. */
  readonly lines = new Map<string, WrittenLine>();
  /** Long ones by their first bytes: a torn one and the whole one may have these in common. */
  readonly #long = new Map<string, WrittenLine[]>();

  /** `before`: the generation that it continues in the same file, which holds its first bytes up to `base`. */
  begin(writer: string, inode: Inode, before: Generation | null = null): Generation {
    const base = before === null ? 0 : validToOf(before, inode);
    const generation: Generation = {
      writer,
      number: this.generations.length,
      file: before?.file ?? this.generations.length,
      base,
      lines: [],
      carriers: [{ inode, validTo: base, powerLosses: inode.powerLosses }],
      firstLineAtMs: Number.POSITIVE_INFINITY,
    };
    this.generations.push(generation);
    return generation;
  }

  /** A whole line now lies at `from` in the generation's own file. */
  wrote(
    generation: Generation,
    from: number,
    { raw, nowMs }: { readonly raw: Buffer; readonly nowMs: number },
  ): void {
    generation.firstLineAtMs = Math.min(generation.firstLineAtMs, nowMs);
    const end = raw.at(-1) === LF ? (raw.at(-2) === CR ? 2 : 1) : 0;
    const line: WrittenLine = {
      generation,
      serial: this.lines.size,
      from,
      to: from + raw.length,
      raw,
      bytes: raw.subarray(0, raw.length - end),
      excuse: null,
      repeatable: null,
    };
    generation.lines.push(line);
    generation.carriers[0]!.validTo = line.to;
    this.#register(line);
  }

  /** What stands behind the last whole line of a file that nobody ends any more: it may arrive as a line. */
  fragment(generation: Generation, from: number, bytes: Buffer): void {
    if (bytes.length === 0 || this.lines.has(bytes.toString('latin1'))) return;
    this.#register({
      generation,
      serial: this.lines.size,
      from,
      to: from + bytes.length,
      raw: bytes,
      bytes,
      excuse: 'never ended',
      repeatable: 'never ended',
    });
  }

  /** The line that is kept whole or, over the limit, as its first bytes; `to` tells torn ones from whole ones. */
  find(bytes: Buffer, to: number): WrittenLine | null {
    const whole = this.lines.get(bytes.toString('latin1'));
    if (whole !== undefined) return whole;
    const long = this.#long.get(bytes.subarray(0, prefixBytes).toString('latin1')) ?? [];
    const like = long.filter((line) => line.bytes.subarray(0, bytes.length).equals(bytes));
    return like.find((line) => line.to === to) ?? like[0] ?? null;
  }

  /** `target` is a copy of the first bytes of `source`, as copytruncate makes it. */
  copied(source: Inode, target: Inode): void {
    for (const generation of this.generations) {
      if (generation.carriers[0]!.inode !== source) continue;
      const validTo = Math.min(validToOf(generation, source), wholeLines(generation, target.size));
      const known = generation.carriers.find((carrier) => carrier.inode === target);
      if (known === undefined)
        generation.carriers.push({ inode: target, validTo, powerLosses: target.powerLosses });
      else known.validTo = validTo;
    }
  }

  /** All lines that were written to the generation's file so far. */
  mayRepeat({ file }: Generation, reason: string): void {
    for (const generation of this.generations) {
      if (generation.file === file) for (const line of generation.lines) line.repeatable ??= reason;
    }
  }

  /** The inode was truncated to nothing. */
  truncated(inode: Inode): void {
    for (const carrier of this.#carriersOf(inode)) carrier.validTo = 0;
  }

  /** After a loss of power: what each inode still holds is looked at anew. */
  powerLost(): void {
    for (const generation of this.generations) {
      for (const carrier of generation.carriers) {
        const validTo = validPart(generation, carrier.inode);
        this.fragment(generation, validTo, Buffer.from(carrier.inode.view(validTo, carrier.inode.size)));
        if (validTo === carrier.validTo && carrier.powerLosses === carrier.inode.powerLosses) continue;
        carrier.validTo = validTo;
        carrier.powerLosses = carrier.inode.powerLosses;
        for (const line of generation.lines) line.repeatable ??= 'its file changed at a loss of power';
      }
    }
  }

  /** Excuses every line that nobody can read any more. `readable`: how many of an inode's bytes could be read. */
  review(readable: (inode: Inode) => number, reason: string): void {
    for (const generation of this.generations) {
      const ends = generation.carriers.map(({ inode, validTo }) => Math.min(validTo, readable(inode)));
      const validTo = Math.max(0, ...ends);
      for (const line of generation.lines) if (line.to > validTo) line.excuse ??= reason;
    }
  }

  /** The generation whose file an inode is now, the one it holds most of. */
  generationOf(inode: Inode): Generation | null {
    let best: Generation | null = null;
    let most = -1;
    for (const generation of this.generations) {
      const [carrier] = generation.carriers;
      if (carrier?.inode !== inode || carrier.validTo < most) continue;
      best = generation;
      most = carrier.validTo;
    }
    return best;
  }

  #register(line: WrittenLine): void {
    this.lines.set(line.bytes.toString('latin1'), line);
    if (line.bytes.length > prefixBytes) {
      const start = line.bytes.subarray(0, prefixBytes).toString('latin1');
      this.#long.set(start, [...(this.#long.get(start) ?? []), line]);
    }
  }

  #carriersOf(inode: Inode): Carrier[] {
    return this.generations.flatMap(({ carriers }) => carriers).filter((carrier) => carrier.inode === inode);
  }
}

/** How many of a generation's first bytes the inode holds, in whole lines. */
function validPart(generation: Generation, inode: Inode): number {
  if (inode.size < generation.base) return 0;
  let validTo = generation.base;
  for (const line of generation.lines) {
    if (line.from !== validTo || !inode.view(line.from, line.to).equals(line.raw)) break;
    validTo = line.to;
  }
  return validTo;
}

function validToOf(generation: Generation, inode: Inode): number {
  return generation.carriers.find((carrier) => carrier.inode === inode)?.validTo ?? 0;
}

/** Where the last whole line ends that lies within the first `size` bytes. */
export function wholeLines(generation: Generation, size: number): number {
  return generation.lines.findLast((line) => line.to <= size)?.to ?? Math.min(size, generation.base);
}

/**
 * Programs that write logs, and what rotates them: the policies that are met in the wild. Writers act on the drive
 * directly and tell the truth (`truth.ts`) what they did.
 *
 * A writer holds the inode it writes to, so after a rename it goes on in the renamed file until it opens anew.
 */
import type { Dice } from '../world/dice.ts';
import type { Drive } from '../world/drive.ts';
import type { Inode } from '../world/inode.ts';
import { drawLine } from './lines.ts';
import type { WriterPlan } from './plan.ts';
import { type Generation, type Truth, wholeLines } from './truth.ts';

/** Where a writer writes, and whom it tells. */
export interface WriterPlace {
  readonly drive: Drive;
  readonly truth: Truth;
  /** Lines longer than this are cut by the agent. */
  readonly lineBytesMax: number;
  readonly trace: (text: string) => void;
  /** Has the agent surely found this file, so that it may leave the pattern? */
  readonly known: (generation: Generation) => boolean;
  /** Has everything in this file arrived? */
  readonly settled: (generation: Generation) => boolean;
  /** Called after anything that may have taken bytes away. */
  readonly destroyed: (reason: string) => void;
}

/** How long a program goes on writing to a file that was renamed or unlinked, ms. */
const reopenMaxMs = 800;

export class Writer {
  readonly #options: WriterPlan & WriterPlace & { readonly dice: Dice };
  #inode: Inode;
  #generation: Generation;
  #count = 0;
  #rotations = 0;
  /** What is written of a line whose end is not. */
  #open: Buffer = Buffer.alloc(0);
  /** What is to follow it. */
  #rest: Buffer = Buffer.alloc(0);
  /** Grows when the machine reboots: what was planned before does not happen. */
  #boot = 0;
  #stopped = false;
  #rotating = false;

  constructor(plan: WriterPlan, place: WriterPlace, dice: Dice) {
    this.#options = { ...plan, ...place, dice };
    const { drive, truth } = place;
    this.#inode = drive.file(plan.path);
    drive.hold(this.#inode, this);
    this.#generation = truth.begin(plan.name, this.#inode);
    this.#plan();
  }

  /** Writes no more; a line that was begun is ended, and so is a copy. */
  stop(): void {
    this.#endLine();
    this.#stopped = true;
  }

  /** The machine lost its power: everything planned is off. */
  halt(): void {
    this.#boot += 1;
    // A copy that nobody finishes is a file of its own, which repeats what it holds.
    if (this.#rotating) this.#options.truth.mayRepeat(this.#generation, 'a copy was left unfinished');
    this.#rotating = false;
    this.#open = Buffer.alloc(0);
  }

  /** The machine is up again: the program opens its file, whatever that is now. */
  reopen(): void {
    const { drive, path, truth, name } = this.#options;
    this.#inode = drive.file(path);
    drive.hold(this.#inode, this);
    this.#generation = truth.begin(name, this.#inode, truth.generationOf(this.#inode));
    this.#open = Buffer.from(this.#inode.view(this.#generation.base, this.#inode.size));
    this.#rest = this.#drawLine();
    this.#plan();
  }

  #plan(): void {
    const { dice, paceMs, rotateEveryMs, policy } = this.#options;
    this.#after(dice.fraction() * 2 * paceMs, () => this.#write());
    if (policy !== 'append') {
      this.#after((0.5 + dice.fraction()) * rotateEveryMs, () => this.#rotateSoon());
    }
  }

  #after(delayMs: number, work: () => void): void {
    this.#unlessRebooted(delayMs, () => {
      if (!this.#stopped) work();
    });
  }

  #unlessRebooted(delayMs: number, work: () => void): void {
    const boot = this.#boot;
    this.#options.drive.time.after(delayMs, () => {
      if (boot === this.#boot) work();
    });
  }

  #write(): void {
    const { dice, paceMs } = this.#options;
    if (dice.chance(0.8)) this.#endLine();
    for (let lines = dice.chance(0.1) ? 20 : dice.between(1, 3); lines > 0; lines -= 1) this.#writeLine();
    this.#after(dice.fraction() * 2 * paceMs, () => this.#write());
  }

  #writeLine(): void {
    const { dice } = this.#options;
    this.#endLine();
    const line = this.#drawLine();
    if (dice.chance(0.9)) {
      this.#append(Buffer.concat([line, this.#lineEnd()]));
      return;
    }
    const cut = dice.between(1, line.length - 1);
    this.#append(line.subarray(0, cut));
    this.#rest = line.subarray(cut);
    const rest = this.#rest;
    if (!dice.chance(0.7)) return;
    this.#after(dice.fraction() * 300, () => {
      if (this.#rest === rest) this.#endLine();
    });
  }

  #drawLine(): Buffer {
    const { name, dice, lineBytesMax } = this.#options;
    this.#count += 1;
    return drawLine(`${name}-${this.#generation.number}-${this.#count}`, dice, lineBytesMax);
  }

  #endLine(): void {
    if (this.#open.length > 0) this.#append(Buffer.concat([this.#rest, this.#lineEnd()]));
  }

  #lineEnd(): Buffer {
    return Buffer.from(this.#options.crlf && this.#options.dice.chance(0.8) ? '\r\n' : '\n');
  }

  /** Bytes of the line that is being written; with LF at their end it is whole. */
  #append(bytes: Buffer): void {
    const { drive, truth } = this.#options;
    const from = this.#inode.size - this.#open.length;
    drive.append(this.#inode, bytes);
    this.#open = Buffer.concat([this.#open, bytes]);
    if (this.#open.at(-1) !== 0x0a) return;
    truth.wrote(this.#generation, from, { raw: this.#open, nowMs: drive.time.nowMs });
    this.#open = Buffer.alloc(0);
  }

  #rotateSoon(): void {
    const { dice, rotateEveryMs, known } = this.#options;
    const ready = !this.#rotating && this.#generation.lines.length > 0 && known(this.#generation);
    if (ready) this.#rotate();
    this.#after(ready ? (0.5 + dice.fraction()) * rotateEveryMs : 1000, () => this.#rotateSoon());
  }

  #rotate(): void {
    const { policy, path, drive, trace, settled } = this.#options;
    switch (policy) {
      case 'append':
        return;
      case 'rename':
        this.#shift();
        drive.rename(path, `${path}.1`);
        break;
      case 'dated':
        this.#removeOldest();
        this.#rotations += 1;
        drive.rename(path, `${path}-${20_260_100 + this.#rotations}`);
        break;
      case 'copytruncate':
        this.#shift();
        trace(`${path}: copy begins`);
        this.#rotating = true;
        this.#copy(drive.file(`${path}.1`), this.#generation);
        return;
      case 'recreate':
        drive.unlink(path);
        this.#options.destroyed('unlinked');
        break;
      case 'truncate':
        if (this.#open.length > 0 || !settled(this.#generation)) return;
        trace(`${path}: truncated`);
        this.#truncate();
        return;
    }
    trace(`${path}: ${policy}`);
    this.#openAnew();
  }

  /** Now, or after some late lines. */
  #openAnew(): void {
    const { dice, drive, path, truth, name, destroyed } = this.#options;
    this.#rotating = true;
    const open = () => {
      this.#endLine();
      drive.letGo(this.#inode, this);
      destroyed('unlinked while nobody held it');
      this.#inode = drive.file(path);
      drive.hold(this.#inode, this);
      this.#generation = truth.begin(name, this.#inode);
      this.#rotating = false;
    };
    if (dice.chance(0.5)) open();
    else this.#after(dice.fraction() * reopenMaxMs, open);
  }

  /** path.1 becomes path.2 and so on; the last one goes. */
  #shift(): void {
    const { drive, path, keep, destroyed } = this.#options;
    if (drive.find(`${path}.${keep}`) !== null) {
      drive.unlink(`${path}.${keep}`);
      destroyed('rotated away');
    }
    for (let number = keep - 1; number >= 1; number -= 1) {
      if (drive.find(`${path}.${number}`) !== null)
        drive.rename(`${path}.${number}`, `${path}.${number + 1}`);
    }
  }

  #removeOldest(): void {
    const { drive, path, keep, destroyed } = this.#options;
    const slash = path.lastIndexOf('/');
    const names = [...drive.get(path.slice(0, slash)).entries.keys()]
      .filter((name) => name.startsWith(`${path.slice(slash + 1)}-`))
      .sort();
    for (const name of names.slice(0, Math.max(0, names.length + 1 - keep))) {
      drive.unlink(`${path.slice(0, slash)}/${name}`);
      destroyed('rotated away');
    }
  }

  /** One piece at a time, while the program goes on writing; at the end of the file, truncates. */
  #copy(target: Inode, generation: Generation): void {
    const { drive, truth, dice, path, trace } = this.#options;
    const piece = Buffer.from(this.#inode.view(target.size, target.size + dice.between(200, 4000)));
    if (piece.length > 0) {
      drive.append(target, piece);
      truth.copied(this.#inode, target);
      this.#unlessRebooted(dice.fraction() * 100, () => this.#copy(target, generation));
      return;
    }
    this.#unlessRebooted(dice.chance(0.5) ? 0 : dice.fraction() * 50, () => {
      trace(`${path}: copied ${target.size} of ${this.#inode.size} bytes and truncated`);
      const copied = wholeLines(generation, target.size);
      truth.fragment(generation, copied, Buffer.from(target.view(copied, target.size)));
      this.#truncate();
      this.#rotating = false;
    });
  }

  #truncate(): void {
    const { drive, truth, name, destroyed } = this.#options;
    drive.truncate(this.#inode, 0);
    truth.truncated(this.#inode);
    destroyed('truncated before it was read');
    this.#open = Buffer.alloc(0);
    this.#generation = truth.begin(name, this.#inode);
  }
}

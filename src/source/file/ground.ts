/** What every part of the file source stands on: the machine, the registry, and the ways to tell the others. */
import type { StreamRecord } from '../../event/stream.ts';
import { printablePath } from '../../host/disk.ts';
import type { Host } from '../../host/host.ts';
import type { LogLevel, SelfLog } from '../../host/selflog.ts';
import { type LineMemory, openLineMemory } from '../../lines/line-memory.ts';
import type { Memory, Piece, Remembered } from '../source.ts';
import { Evidence } from './evidence.ts';
import { type Follow, Registry } from './follow.ts';
import type { Patterns } from './patterns.ts';
import { timeGrainMs } from './walk.ts';

export type SourceHost = Pick<Host, 'clock' | 'disk' | 'work' | 'random'>;

export interface GroundOptions {
  readonly host: SourceHost;
  readonly memory: Memory;
  readonly log: SelfLog;
  readonly openFilesMax: number;
  /** Files are read into it. */
  readonly lineMemory?: LineMemory;
  /** Nothing was followed by an earlier run. */
  readonly fresh: boolean;
  /** Positions taken over from an earlier program, by path. */
  readonly takenOver: ReadonlyMap<string, number>;
  /** The patterns that want a path; null when none does. */
  wanted(path: string): Patterns | null;
  /** There may be something to read. */
  ready(follow: Follow): void;
  /** The content of a followed file changed; false when that must be looked at first. */
  notice(follow: Follow): boolean;
  /** There is something to review soon. */
  stir(): void;
  /** A gap that was found. */
  give(piece: Piece): void;
}

/** Paths of which it was said why they are not read. */
const skippedMax = 10_000;

export class Ground {
  readonly options: GroundOptions;
  readonly registry = new Registry();
  readonly evidence: Evidence;
  readonly lineMemory: LineMemory;
  /** Streams for which something is decided by time alone; the review looks at these and at no others. */
  readonly restless = new Set<Follow>();
  readonly #skipped = new Map<string, string>();
  /** What is to be remembered in one commit; null while each change is committed by itself. */
  #gathered: Remembered[] | null = null;
  /** Told once what is gathered is committed. */
  readonly #fleeting: Follow[] = [];

  constructor(options: GroundOptions) {
    this.options = options;
    this.lineMemory = options.lineMemory ?? openLineMemory();
    this.evidence = new Evidence(options.host, this.registry, (id) => options.memory.proofs(id));
  }

  /** For people and for what is remembered; may jump. */
  nowMs(): number {
    return this.options.host.clock.now();
  }

  /** For waiting: a clock that jumps ahead must not end a wait. */
  uptimeMs(): number {
    return this.options.host.clock.monotonicMs();
  }

  /** It was seen to grow just now. */
  grew(follow: Follow): void {
    follow.grownAtMs = this.nowMs();
    follow.restlessAtMs = this.uptimeMs();
  }

  /** It was proved just now, and read to its end. */
  calm(follow: Follow): void {
    const read = (follow.tailer?.position ?? follow.position) === follow.size;
    follow.calmSize = read && this.nowMs() - follow.modifiedMs > timeGrainMs ? follow.size : -1;
  }

  /**
   * The last bytes that were read of a closed file are let go once a committed proof stands at the same position: it says
   * as much, and there may be ten thousand such files.
   */
  lighten(follow: Follow): void {
    if (follow.tailer !== null || follow.remembered === null) return;
    const proof = this.options.memory.proofs(follow.record.id).at(-1);
    if (proof?.position === follow.position) follow.remembered = null;
  }

  /** Changes what is remembered of a stream, and commits it. */
  change(follow: Follow, changes: Partial<StreamRecord>): void {
    this.registry.change(follow, { ...changes, size: follow.size, seenAtMs: this.nowMs() });
    this.remember({ stream: follow.record, start: null });
  }

  remember(entry: Remembered): void {
    if (this.#gathered === null) this.options.memory.remember([entry]);
    else this.#gathered.push(entry);
  }

  /**
   * Commits what `work` remembers in one transaction instead of one for each stream. Nothing may be given out before
   * it ends: a name is committed before it is sent.
   */
  async gather(work: () => Promise<void>): Promise<void> {
    this.#gathered = [];
    try {
      await work();
      this.#flush();
    } finally {
      this.#gathered = null;
    }
  }

  #flush(): void {
    this.options.memory.remember(this.#gathered?.splice(0) ?? []);
    for (const { record } of this.#fleeting.splice(0)) this.options.memory.fleeting(record.id);
  }

  /** No name leads to its file any more; told once. */
  fleet(follow: Follow): void {
    if (follow.fleeting) return;
    follow.fleeting = true;
    if (this.#gathered !== null) this.#fleeting.push(follow);
    else this.options.memory.fleeting(follow.record.id);
  }

  /** Says once why a path is not read. */
  skip(path: string, reason: string): void {
    if (this.#skipped.get(path) === reason || this.#skipped.size >= skippedMax) return;
    this.#skipped.set(path, reason);
    const shown = printablePath(path);
    this.options.log.write('warn', 'file.skipped', `${shown} ${reason}`, { path: shown });
  }

  say(level: LogLevel, event: string, about: { readonly follow: Follow; readonly message: string }): void {
    const { record } = about.follow;
    const path = printablePath(record.path);
    this.options.log.write(level, event, `${path}: ${about.message}`, { path, stream: record.id });
  }
}

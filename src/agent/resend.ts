/**
 * Sends again what a hub had acked and has no more: it was put back from a copy, or replaced. That it is due is remembered
 * with the new epoch, and until all of it was acked it is begun anew after a restart; the hub passes over what it has.
 */
import type { Segment } from '../event/batch.ts';
import { diskCode, printablePath } from '../host/disk.ts';
import type { Host } from '../host/host.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { Output } from '../output/output.ts';
import type { HubStream } from '../protocol/agent-streams.ts';
import type { FileSourceSettings } from '../settings/agent.ts';
import { compilePatterns } from '../source/file/patterns.ts';
import type { Source } from '../source/source.ts';
import type { Loss, State } from '../state/state.ts';
import { Batcher, type BatchLimits, type Draft } from './batcher.ts';
import { lackingOf, piecesOf } from './lacking.ts';
import type { Outbox } from './outbox.ts';

export interface ResendOptions {
  readonly host: Pick<Host, 'clock'>;
  readonly output: Output;
  readonly outbox: Outbox;
  readonly state: State;
  readonly log: SelfLog;
  readonly limits: BatchLimits;
  readonly sources: readonly FileSourceSettings[];
  /** Null while no file is followed yet. */
  readonly source: () => Source | null;
}

/** Batches of it on their way or waiting at a time: what is new goes beside them. */
const waitingMax = 2;
const againMs = 5000;

export class Resend {
  readonly #options: ResendOptions;
  #bytes = 0;
  #goneBytes = 0;

  constructor(options: ResendOptions) {
    this.#options = options;
  }

  /** Until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { host, outbox, output } = this.#options;
    if (output.streams === undefined) return;
    while (!signal.aborted) {
      if (!outbox.links.standing.resends) {
        await outbox.links.resendDue.wait(host.clock, Number.POSITIVE_INFINITY, signal);
      } else if (!(await this.#attempt(signal))) await host.clock.sleep(againMs, signal);
    }
  }

  /** True once the hub has all that can be had. */
  async #attempt(signal: AbortSignal): Promise<boolean> {
    const { outbox, output, log } = this.#options;
    const source = this.#options.source();
    const { epoch } = outbox.links;
    const found = source === null || epoch === null ? null : ((await output.streams?.(signal)) ?? null);
    if (source === null || found === null) return false;
    this.#bytes = 0;
    this.#goneBytes = 0;
    try {
      await this.#sendLacking(found, source, signal);
    } catch (error) {
      const code = diskCode(error);
      if (code === null) throw error;
      log.write(
        'warn',
        'resend.waits',
        `some of what the hub lost cannot be read now (${code}); it is tried again`,
      );
      return false;
    }
    await this.#room(1, signal);
    if (signal.aborted || outbox.links.epoch !== epoch) return false;
    await outbox.note(outbox.links.resent());
    const message = `the hub has again what it had lost: ${this.#bytes} bytes were sent again, ${this.#goneBytes} are gone`;
    log.write(this.#goneBytes > 0 ? 'error' : 'info', 'resend.done', message);
    return true;
  }

  async #sendLacking(found: readonly HubStream[], source: Source, signal: AbortSignal): Promise<void> {
    const { host, outbox, limits, sources } = this.#options;
    const atHub = new Map(found.map((one) => [one.stream, one]));
    const books = this.#books();
    const patterns = sources.map(compilePatterns);
    const batcher = new Batcher(limits);
    for (const record of [...outbox.streams.values()]) {
      const { settings } = patterns.find((one) => one.matches(record.path)) ?? patterns[0]!;
      const reading = {
        ...{ source, path: printablePath(record.path), bytesMax: limits.bytesMax },
        lineBytesMax: settings.lineBytesMax,
      };
      const settled = {
        ...{ stream: record.id, ranges: outbox.settledRanges(record.id) },
        dead: books.dead.get(record.id) ?? [],
        losses: books.losses.get(record.id) ?? [],
        doubtful: outbox.restored.has(record.id),
        continuedAt: (books.parents.get(record.id) ?? []).map(({ from }) => from),
      };
      for (const lacking of lackingOf(settled, atHub.get(record.id))) {
        for await (const piece of piecesOf(lacking, reading)) {
          if (signal.aborted) return;
          const at = { monotonicMs: host.clock.monotonicMs(), nowMs: host.clock.now() };
          await this.#enter(batcher.add(piece, at), signal);
        }
      }
    }
    if (!batcher.empty) await this.#enter([batcher.close(host.clock.now())], signal);
  }

  async #enter(drafts: readonly Draft[], signal: AbortSignal): Promise<void> {
    for (const draft of drafts) {
      await this.#room(waitingMax, signal);
      if (signal.aborted) return;
      this.#options.outbox.sendAgain(draft);
      this.#bytes += draft.bytes;
      for (const segment of draft.segments) {
        if (segment.kind === 'gap' && segment.reason === 'hub-went-back')
          this.#goneBytes += segment.to - segment.from;
      }
    }
  }

  /** Waits until fewer than so many batches of it are not dealt with. */
  async #room(count: number, signal: AbortSignal): Promise<void> {
    const { host, outbox } = this.#options;
    while (outbox.again.size >= count && !signal.aborted) {
      await outbox.againSettled.wait(host.clock, Number.POSITIVE_INFINITY, signal);
    }
  }

  /** What is known of each stream, by its name. */
  #books(): Books {
    const { state, outbox } = this.#options;
    const { losses } = state.history(outbox.output, 0);
    const parents = [...outbox.streams.values()].flatMap(({ parent }) => parent ?? []);
    const dead = [...outbox.aside.batches()].flatMap(({ batch }) => batch.segments);
    return {
      losses: byStream(losses.filter(({ term, reason }) => term === 'gap' && reason !== 'hub-went-back')),
      dead: byStream(dead),
      parents: byStream(parents),
    };
  }
}

interface Books {
  readonly losses: ReadonlyMap<string, readonly Loss[]>;
  readonly dead: ReadonlyMap<string, readonly Segment[]>;
  /** Of which others go on from where. */
  readonly parents: ReadonlyMap<string, readonly { readonly from: number }[]>;
}

function byStream<T extends { readonly stream: string }>(
  list: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const one of list) {
    const same = found.get(one.stream);
    if (same === undefined) found.set(one.stream, [one]);
    else same.push(one);
  }
  return found;
}

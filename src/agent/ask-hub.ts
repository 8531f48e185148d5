/**
 * Asks the hub, before any file is looked for, for the streams that the state does not know.
 *
 * An agent whose state was lost waits long for the answer, in which lines wait in their files; after that they are read
 * from the beginning, and repeats are possible. Otherwise only a hub that answers at once tells that the state is an older
 * one.
 */
import type { Host } from '../host/host.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { Output } from '../output/output.ts';
import type { HubStream } from '../protocol/agent-streams.ts';
import type { FileSourceSettings } from '../settings/agent.ts';
import { compilePatterns } from '../source/file/patterns.ts';
import type { Outbox } from './outbox.ts';
import { recall } from './recall.ts';

const patienceMs = 2000;
const lostPatienceMs = 5 * 60_000;
const askAgainMs = 2000;

export interface Asking {
  readonly host: Pick<Host, 'clock'>;
  readonly output: Output;
  readonly outbox: Outbox;
  readonly sources: readonly FileSourceSettings[];
  readonly log: SelfLog;
}

/** Resolves when the files may be looked for. `prepared`: the first attempt to reach the hub is over. */
export async function askHub(
  asking: Asking,
  { prepared, lost }: { readonly prepared: Promise<unknown>; readonly lost: boolean },
  stop: AbortSignal,
): Promise<void> {
  const { host, output, outbox, log } = asking;
  const { links } = outbox;
  if (output.streams === undefined) return;
  const patience = new AbortController();
  const signal = AbortSignal.any([stop, patience.signal]);
  const alarm = host.clock.sleep(lost ? lostPatienceMs : patienceMs, signal).then(() => patience.abort());
  await Promise.race([prepared, alarm]);
  while (!signal.aborted && (lost || links.standing.recalls)) {
    const asked = links.epoch !== null;
    const found = asked ? await output.streams(signal) : null;
    if (found !== null) {
      await takeUp(found, asking);
      break;
    }
    const outcome = await output.connect(signal);
    // It answers, and offers no chain: nothing can be asked for.
    if (outcome === null && links.epoch === null) break;
    if (asked || outcome !== null) await host.clock.sleep(askAgainMs, signal);
  }
  patience.abort();
  if (!links.standing.recalls) return;
  const message = 'the hub has not said what it has of these files; what it has already may come again';
  log.write('warn', 'state.unrecalled', message);
  await outbox.note(links.recalled());
}

async function takeUp(found: readonly HubStream[], { outbox, sources, log }: Asking): Promise<void> {
  const patterns = sources.map(compilePatterns);
  const recalled = recall(found, { known: outbox.streams, patterns });
  await outbox.recall(recalled);
  const message = `the hub knows ${found.length} streams of this agent; ${recalled.length} that were not known here are taken up where it has them`;
  log.write('info', 'state.recalled', message);
}

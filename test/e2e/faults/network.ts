/** The network cuts requests and replies at any byte, swallows them, and is slow. */
import { createHost } from '../../../src/host/node/host.ts';
import type { Fault } from './fault.ts';
import type { Figures } from './figures.ts';
import { type Harm, Network } from './proxy.ts';
import { onStage } from './scene.ts';

const { random } = createHost();

/** Requests are of a few hundred bytes to a few thousand, replies of a few hundred. */
const cutBytesMax = 3000;
const pieceBytes = 16;

/**
 * A reply that is cut at its first byte or swallowed is a dropped one: the hub has stored the batch, and the agent cannot
 * know.
 */
const harms: readonly (() => Harm)[] = [
  () => ({ kind: 'cut', way: 'request', bytes: byte() }),
  () => ({ kind: 'cut', way: 'reply', bytes: byte() }),
  () => ({ kind: 'cut', way: 'reply', bytes: 0 }),
  () => ({ kind: 'hole', way: 'request', bytes: 0 }),
  () => ({ kind: 'hole', way: 'reply', bytes: 0 }),
  () => ({ kind: 'slow', way: 'request', bytes: pieceBytes }),
  () => ({ kind: 'slow', way: 'reply', bytes: pieceBytes }),
];

export const networkFaults: readonly Fault[] = [
  { name: 'network', needs: [], cycles: { short: harms.length, long: 210 }, run: disturb },
];

async function disturb(cycles: number, figures: Figures): Promise<void> {
  await using proxy = await Network.open();
  const output = ({ hubUrl }: { readonly hubUrl: string }) => {
    proxy.hubUrl = hubUrl;
    return `timeout: 1s, url: "${proxy.url}"`;
  };
  await onStage({ figures, output }, async () => {
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const harm = harms[cycle % harms.length]!();
      await proxy.harm(harm);
      figures.fired(`${harm.kind} ${harm.way}`);
    }
  });
}

function byte(): number {
  return Math.floor(cutBytesMax ** random.fraction());
}

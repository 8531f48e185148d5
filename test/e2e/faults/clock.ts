/** The wall clock jumps while the agent or the hub runs; monotonic time goes on. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHost } from '../../../src/host/node/host.ts';
import { eventually } from '../../support/program.ts';
import type { Room } from '../room.ts';
import type { Fault } from './fault.ts';
import type { Figures } from './figures.ts';
import { onStage } from './scene.ts';
import { faketime, libfaketime } from './tools.ts';

const { clock } = createHost();

/** Seconds: a time zone, a battery that was empty, a year too early, and back. */
const jumpsSeconds = [7200, -7200, -20 * 365 * 86_400, 400 * 86_400, 0];
/** A jump is nothing smaller. */
const nearMs = 600_000;

export const clockFaults: readonly Fault[] = (['agent', 'hub'] as const).map((side) => ({
  name: `clock-${side}`,
  needs: [faketime],
  cycles: { short: 3, long: 50 },
  run: (cycles, figures) => jump(side, cycles, figures),
}));

async function jump(side: 'agent' | 'hub', cycles: number, figures: Figures): Promise<void> {
  await onStage({ figures }, async ({ room }) => {
    const offset = join(room.home, 'faketime');
    const set = (seconds: number) => {
      writeFileSync(`${offset}.new`, `${seconds < 0 ? '' : '+'}${seconds}`);
      renameSync(`${offset}.new`, offset);
    };
    set(0);
    await room[side].kill();
    const environment = {
      ...{ LD_PRELOAD: libfaketime, FAKETIME_TIMESTAMP_FILE: offset, FAKETIME_NO_CACHE: '1' },
      ...{ FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' },
    };
    await (side === 'agent' ? room.startAgent({ environment }) : room.startHub({ environment }));
    const before = await linesAt(room);
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const seconds = jumpsSeconds[cycle % jumpsSeconds.length]!;
      set(seconds);
      await eventually(`the ${side} lives ${seconds} s from now`, async () => {
        const ownMs = await (side === 'agent' ? agentMs(room) : hubMs(room));
        return Math.abs(ownMs - clock.now() - seconds * 1000) < nearMs ? true : null;
      });
      figures.fired(seconds === 0 ? 'back' : `${seconds} s`);
    }
    await eventually('lines arrive after the jumps', async () =>
      (await linesAt(room)) > before ? true : null,
    );
  });
}

async function linesAt(room: Room): Promise<number> {
  return (await room.count()) ?? 0;
}

/** Its audit says when it was made. */
async function agentMs(room: Room): Promise<number> {
  const { output } = await room.command('audit', '--json');
  return (JSON.parse(output) as { readonly atMs: number }).atMs;
}

async function hubMs({ hubUrl }: Room): Promise<number> {
  const reply = await fetch(hubUrl);
  await reply.arrayBuffer();
  return Date.parse(reply.headers.get('date')!);
}

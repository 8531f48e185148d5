/** The disk of the agent's state, or of the hub's data, has no byte left for a while. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { eventually } from '../../support/program.ts';
import { Drive } from './drive.ts';
import type { Fault } from './fault.ts';
import type { Figures } from './figures.ts';
import { onStage } from './scene.ts';
import { tmpfs } from './tools.ts';

const sizeMiB = 24;

export const fullFaults: readonly Fault[] = (['agent', 'hub'] as const).map((side) => ({
  name: `disk-full-${side}`,
  needs: [tmpfs],
  cycles: { short: 1, long: 20 },
  run: (cycles, figures) => fill(side, cycles, figures),
}));

async function fill(side: 'agent' | 'hub', cycles: number, figures: Figures): Promise<void> {
  await using drive = await Drive.memory(sizeMiB);
  const directory = join(drive.path, side);
  const room = side === 'agent' ? { state: directory } : { data: directory };
  await onStage({ figures, room }, async ({ room }) => {
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const saidBefore = room[side].output.length;
      assert.ok(drive.fill(), 'the drive is full');
      // It has met the full disk when it says so.
      await eventually(`the ${side} tells of the full disk`, async () =>
        /full|ENOSPC/i.test(room[side].output.slice(saidBefore)) ? true : null,
      );
      figures.fired('ENOSPC');
      const stored = (await room.count()) ?? 0;
      drive.free();
      await eventually('it goes on by itself', async () => {
        // What was in flight arrives though the agent cannot note it: there its own word counts.
        const writes = side === 'hub' || /state\.written/.test(room.agent.output.slice(saidBefore));
        return writes && ((await room.count()) ?? 0) > stored ? true : null;
      });
    }
  });
}

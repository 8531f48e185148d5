/** The power goes: what was not synced is lost, of the agent's state or of the hub's data. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createHost } from '../../../src/host/node/host.ts';
import { Room, type RoomOptions } from '../room.ts';
import { Drive } from './drive.ts';
import type { Fault } from './fault.ts';
import type { Figures } from './figures.ts';
import { begin, conclude } from './oracle.ts';
import { smallBatches } from './scene.ts';
import { ext4 } from './tools.ts';
import { Writer } from './writer.ts';

const { clock, random } = createHost();

export const powerFaults: readonly Fault[] = [
  {
    name: 'power-agent',
    needs: [ext4],
    cycles: { short: 2, long: 100 },
    run: async (cycles, figures) => {
      await using drive = await Drive.ext4();
      await outages({ drive, side: 'agent', options: { state: join(drive.path, 'state') }, cycles, figures });
    },
  },
  {
    name: 'power-hub',
    needs: [ext4],
    cycles: { short: 2, long: 100 },
    run: async (cycles, figures) => {
      await using drive = await Drive.ext4();
      await outages({ drive, side: 'hub', options: { data: join(drive.path, 'hub') }, cycles, figures });
    },
  },
];

interface Outages {
  readonly drive: Drive;
  readonly side: 'agent' | 'hub';
  /** What lies on the drive. */
  readonly options: RoomOptions;
  readonly cycles: number;
  readonly figures: Figures;
}

/** The other side goes on meanwhile. */
async function outages({ drive, side, options, cycles, figures }: Outages): Promise<void> {
  await using room = await Room.open(options);
  using writer = new Writer(room.logs);
  room.configure(`type: hub, url: "${room.hubUrl}"`, smallBatches);
  await begin(room, writer);
  await room[side].kill();
  const start = () => (side === 'agent' ? room.startAgent() : room.startHub());
  writer.start();
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    await start();
    await clock.sleep(random.fraction() * 300);
    assert.ok(drive.losePower(), 'the drive takes nothing any more');
    figures.fired('power loss');
    await room[side].kill();
    drive.unmount();
    drive.mount();
  }
  await start();
  await conclude(room, writer, { figures });
}

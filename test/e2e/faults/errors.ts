/** The disk refuses: system calls on one file fail with EIO or ENOSPC, now and then. */
import { join } from 'node:path';
import { createHost } from '../../../src/host/node/host.ts';
import { eventually } from '../../support/program.ts';
import type { Room } from '../room.ts';
import type { Fault } from './fault.ts';
import type { Figures } from './figures.ts';
import { failAt } from './injection.ts';
import { onStage } from './scene.ts';
import { strace } from './tools.ts';

const { clock, random } = createHost();

type Side = 'agent' | 'hub';
const places: readonly {
  readonly side: Side;
  readonly call: string;
  readonly path: (room: Room) => string;
}[] = [
  { side: 'agent', call: 'pwrite64', path: ({ state }) => join(state, 'state.db-wal') },
  { side: 'agent', call: 'fsync,fdatasync', path: ({ state }) => join(state, 'state.db-wal') },
  { side: 'agent', call: 'pread64,read', path: ({ logs }) => join(logs, 'f0.log') },
  { side: 'hub', call: 'pwrite64', path: ({ data }) => join(data, 'hub.sqlite-wal') },
  { side: 'hub', call: 'fsync,fdatasync', path: ({ data }) => join(data, 'hub.sqlite-wal') },
];
const errors = ['EIO', 'ENOSPC'];
const lastingMs = 1500;
const nthMax = 20;

export const errorFaults: readonly Fault[] = [
  { name: 'disk-errors', needs: [strace], cycles: { short: 2, long: 100 }, run: refuse },
];

async function refuse(cycles: number, figures: Figures): Promise<void> {
  await onStage({ figures }, async ({ room }) => {
    const begin = Math.floor(random.fraction() * places.length);
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const { side, call, path } = places[(begin + cycle) % places.length]!;
      const error = errors[Math.floor(random.fraction() * errors.length)]!;
      const drawn = () => Math.ceil(nthMax ** random.fraction());
      await room[side].kill();
      const injection = failAt(room, call, { error, first: drawn(), step: drawn() + 1, path: path(room) });
      const launch = { wrapper: injection.wrapper };
      const program = side === 'agent' ? room.launchAgent(launch) : room.launchHub(launch);
      await eventually(`${error} at ${call}`, async () => (injection.fired() > 0 ? true : null));
      await clock.sleep(random.fraction() * lastingMs);
      await program.kill();
      figures.fired(`${error} at ${call} of the ${side}`);
      await (side === 'agent' ? room.startAgent() : room.startHub());
    }
  });
}

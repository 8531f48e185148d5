/** Processes that are killed, stopped and paused, at any moment and at a given system call. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createHost } from '../../../src/host/node/host.ts';
import type { Program } from '../../support/program.ts';
import { Room } from '../room.ts';
import type { Fault } from './fault.ts';
import { killAt } from './injection.ts';
import { begin, conclude } from './oracle.ts';
import { onStage, smallBatches } from './scene.ts';
import { strace } from './tools.ts';
import { Writer } from './writer.ts';

const { clock, random } = createHost();

/** What touches disk or net; each thread counts its own. */
const calls = [
  'pwrite64',
  'fsync',
  'pread64',
  'openat',
  'statx',
  'write',
  'writev',
  'unlink',
  'ftruncate',
  'close',
];
const nthMax = 300;
/** Longer than the agent waits for a reply. */
const pauseMsMax = 1500;
/** A call that does not come so often is not waited for. */
const callPatienceMs = 1500;

type Side = 'agent' | 'hub';

export const killFaults: readonly Fault[] = [
  { name: 'kill-agent', needs: [], cycles: { short: 2, long: 500 }, run: repeatedly('agent', killAtRandom) },
  { name: 'kill-hub', needs: [], cycles: { short: 2, long: 100 }, run: repeatedly('hub', killAtRandom) },
  {
    name: 'kill-agent-at-call',
    needs: [strace],
    cycles: { short: 2, long: 100 },
    run: repeatedly('agent', killAtCall),
  },
  {
    name: 'kill-hub-at-call',
    needs: [strace],
    cycles: { short: 2, long: 100 },
    run: repeatedly('hub', killAtCall),
  },
  { name: 'terminate-agent', needs: [], cycles: { short: 2, long: 50 }, run: repeatedly('agent', terminate) },
  { name: 'terminate-hub', needs: [], cycles: { short: 2, long: 50 }, run: repeatedly('hub', terminate) },
  { name: 'pause', needs: [], cycles: { short: 2, long: 50 }, run: pauses },
];

interface Blow {
  readonly room: Room;
  readonly side: Side;
  fired(kind: string): void;
}

/** Starts one side anew for each blow, while the other goes on. */
function repeatedly(side: Side, strike: (blow: Blow) => Promise<void>): Fault['run'] {
  return async (cycles, figures) => {
    await using room = await Room.open();
    using writer = new Writer(room.logs);
    room.configure(`type: hub, url: "${room.hubUrl}"`, smallBatches);
    await begin(room, writer);
    await room[side].kill();
    writer.start();
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      await strike({ room, side, fired: (kind) => figures.fired(kind) });
    }
    await start(room, side);
    await conclude(room, writer, { figures });
  };
}

/** Every third one while it starts. */
async function killAtRandom({ room, side, fired }: Blow): Promise<void> {
  if (random.fraction() < 1 / 3) {
    const program = launch(room, side);
    await clock.sleep(random.fraction() * 500);
    await program.kill();
  } else {
    await start(room, side);
    await clock.sleep(random.fraction() * 300);
    await room[side].kill();
  }
  assert.equal((await room[side].ended).signal, 'SIGKILL');
  fired('kill -9');
}

async function killAtCall({ room, side, fired }: Blow): Promise<void> {
  const call = calls[Math.floor(random.fraction() * calls.length)]!;
  const nth = Math.ceil(nthMax ** random.fraction());
  const injection = killAt(room, call, nth);
  const program = launch(room, side, injection.wrapper);
  const waited = new AbortController();
  await Promise.race([program.ended, clock.sleep(callPatienceMs, waited.signal)]);
  waited.abort();
  const byItself = !program.alive;
  await program.kill();
  assert.equal((await program.ended).signal, 'SIGKILL', program.output);
  fired(byItself && injection.fired() > 0 ? `kill at ${call}` : 'kill -9 while traced');
}

async function terminate({ room, side, fired }: Blow): Promise<void> {
  await start(room, side);
  await clock.sleep(random.fraction() * 300);
  room[side].signal('SIGTERM');
  assert.deepEqual(await room[side].ended, { code: 0, signal: null });
  fired('SIGTERM');
}

async function pauses(...[cycles, figures]: Parameters<Fault['run']>): Promise<void> {
  const output = ({ hubUrl }: Room) => `timeout: 1s, url: "${hubUrl}"`;
  await onStage({ figures, output }, async ({ room }) => {
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const side: Side = cycle % 2 === 0 ? 'agent' : 'hub';
      room[side].signal('SIGSTOP');
      await clock.sleep(random.fraction() * pauseMsMax);
      assert.match(readFileSync(`/proc/${room[side].pid}/status`, 'utf8'), /^State:\s+T/m);
      figures.fired(`SIGSTOP of the ${side}`);
      room[side].signal('SIGCONT');
      await clock.sleep(random.fraction() * 200);
    }
  });
}

function start(room: Room, side: Side): Promise<void> {
  return side === 'agent' ? room.startAgent() : room.startHub();
}

function launch(room: Room, side: Side, wrapper: readonly string[] = []): Program {
  return side === 'agent' ? room.launchAgent({ wrapper }) : room.launchHub({ wrapper });
}

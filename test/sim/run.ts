/**
 * One seed, from beginning to end: troubles for a while, then calm, in which everything must arrive within a bound;
 * then one more restart of everything, after which nothing new may be sent.
 */

import { createHash } from 'node:crypto';
import { diskFaults } from '../world/faults.ts';
import type { Machine } from '../world/world.ts';
import { auditOf } from './audit.ts';
import { missing } from './oracle.ts';
import type { Plan, Trouble } from './plan.ts';
import { drainMaxMs, type PlanLimits, planOf } from './plan.ts';
import { type Planted, Room } from './room.ts';

export interface RunOptions extends PlanLimits {
  readonly planted?: Planted;
}

export interface RunResult {
  readonly seed: number;
  /** What went wrong, as a sentence; null: nothing. */
  readonly wrong: string | null;
  readonly trace: readonly string[];
  /** Of the trace, SHA-256. */
  readonly digest: string;
  /** A program ended in a way that no fault explains. */
  readonly crashed: boolean;
  /** How often each fault and trouble happened. */
  readonly fired: ReadonlyMap<string, number>;
  readonly lines: number;
  readonly arrived: number;
  readonly steps: number;
  readonly virtualMs: number;
}

const tickMs = 1_000;
const lookEveryTicks = 12;
const quietMs = 10_000;

export async function runSeed(seed: number, options: RunOptions = {}): Promise<RunResult> {
  const room = new Room(planOf(seed, options), options.planted);
  describePlan(room);
  let wrong: string | null = null;
  try {
    room.begin();
    wrong = (await beUnsafe(room)) ?? (await drain(room)) ?? (await restartOnce(room));
  } catch (error) {
    wrong = `the run itself failed: ${error instanceof Error ? error.stack : String(error)}`;
  }
  room.agent.incarnation?.process.kill();
  room.hub.incarnation?.process.kill();
  if (wrong !== null) room.note(`WRONG: ${wrong}`);
  const { steps } = room.world.time;
  // What is done at a death lets go of all that the world holds.
  await room.world.time.runUntil(room.world.time.nowMs);
  return {
    seed,
    wrong,
    trace: room.trace,
    crashed: hasCrashed(room.trace),
    digest: createHash('sha256').update(room.trace.join('\n')).digest('hex'),
    fired: room.world.fired.counts,
    lines: room.truth.lines.size,
    arrived: room.arrivedLines,
    steps,
    virtualMs: room.world.time.nowMs,
  };
}

/** Errors of the language at any time, any failure once faults have stopped. */
function hasCrashed(trace: readonly string[]): boolean {
  const calmFrom = trace.findIndex((line) => line.endsWith(' faults stop'));
  return trace.some((line, index) => {
    if (!/^ *[\d.]+ (agent|hub) (failed|did not start|ended)/.test(line)) return false;
    if (calmFrom >= 0 && index > calmFrom) return true;
    return /(Type|Reference|Range|Assertion|Syntax)Error/.test(line);
  });
}

async function beUnsafe(room: Room): Promise<string | null> {
  const { plan, world } = room;
  if (plan.troubles.length > 0) planTrouble(room);
  for (let tick = 0; world.time.nowMs < plan.safetyMs; tick += 1) {
    await world.time.runUntil(world.time.nowMs + tickMs);
    const wrong = cheapChecks(room) ?? (tick % lookEveryTicks === 0 ? await room.look() : null);
    if (wrong !== null) return wrong;
  }
  return null;
}

async function drain(room: Room): Promise<string | null> {
  const { world, truth } = room;
  room.becomeCalm();
  const untilMs = world.time.nowMs + drainMaxMs;
  while (world.time.nowMs < untilMs) {
    await world.time.runUntil(world.time.nowMs + 4 * tickMs);
    const wrong = cheapChecks(room) ?? (await room.look());
    if (wrong !== null) return wrong;
    if (room.agent.program !== null && missing(truth, room.arrivals) === null) return null;
  }
  return `not drained within ${drainMaxMs} ms: ${missing(truth, room.arrivals) ?? 'the agent is not up'}`;
}

/** Late files may still be let go; then a restart must send nothing new. */
async function restartOnce(room: Room): Promise<string | null> {
  const { world } = room;
  await world.time.runUntil(world.time.nowMs + quietMs);
  const settled = await room.look();
  if (settled !== null) return settled;
  const before = room.arrivedLines;
  if (room.dice.chance(0.5)) room.agent.kill();
  else room.agent.stop();
  room.hub.kill();
  await world.time.runUntil(world.time.nowMs + 2 * quietMs);
  const wrong = await room.look();
  if (wrong !== null) return wrong;
  if (room.arrivedLines === before) return room.plan.output === 'hub' ? await room.judgeChains() : null;
  return `${room.arrivedLines - before} lines came again after a restart without any cause`;
}

/** What must hold at every moment and costs little to look at. */
function cheapChecks(room: Room): string | null {
  if (room.leak !== null) return room.leak;
  if (room.agent.hung) return 'the agent hung in its stop';
  if (room.hub.hung) return 'the hub hung in its stop';
  const agent = room.agent.program;
  if (agent === null) return null;
  const unbalanced = auditOf(agent);
  if (unbalanced !== null) return unbalanced;
  const status = agent.status();
  if (status.buffer.full) room.spoolFullAtMs = room.world.time.nowMs;
  for (const stream of status.streams) {
    if (stream.watermark > stream.position) return `${stream.path}: its watermark is before what was read`;
  }
  if ((status.chain?.refused ?? 0) > 0) return 'a receipt was refused, though nobody forged any';
  if (status.deadLetters.batches > 0) return `a dead letter, though nobody refused anything`;
  return null;
}

function planTrouble(room: Room): void {
  const { plan, world, dice } = room;
  world.time.after(dice.fraction() * 2 * plan.troubleEveryMs, () => {
    if (room.calm) return;
    const trouble = dice.pick(plan.troubles);
    world.fired.add(trouble);
    room.note(`-- ${trouble}`);
    makeTrouble(room, trouble);
    planTrouble(room);
  });
}

function makeTrouble(room: Room, trouble: Trouble): void {
  const { agentMachine, hubMachine, world, dice } = room;
  const network = world.network.faults;
  const forAWhile = (maxMs: number, end: () => void) =>
    world.time.after(dice.fraction() * maxMs, () => {
      end();
      room.note(`-- ${trouble} ends`);
    });
  const make: Record<Trouble, () => void> = {
    'kill agent': () => room.agent.kill(),
    'stop agent': () => room.agent.stop(),
    'kill hub': () => room.hub.kill(),
    'stop hub': () => room.hub.stop(),
    'power of the agent': () => agentMachine.losePower(),
    'power of the hub': () => hubMachine.losePower(),
    'net storm': () => {
      network.net = dice.pick([0.1, 0.5, 0.9]);
      forAWhile(10_000, () => {
        network.net = 0;
      });
    },
    partition: () => {
      network.partition = true;
      forAWhile(20_000, () => {
        network.partition = false;
      });
    },
    'agent disk storm': () => forAWhile(6_000, stormOn(room, agentMachine)),
    'hub disk storm': () => forAWhile(6_000, stormOn(room, hubMachine)),
    'agent disk full': () => forAWhile(8_000, fill(room, agentMachine)),
    'hub disk full': () => forAWhile(8_000, fill(room, hubMachine)),
    'agent dies within a database call': () => forAWhile(3_000, haunt(room, agentMachine)),
    'hub dies within a database call': () => forAWhile(3_000, haunt(room, hubMachine)),
    'events lost': () => {
      agentMachine.faults.eventLost = dice.pick([0.3, 1]);
      forAWhile(15_000, () => {
        agentMachine.faults.eventLost = 0;
      });
    },
    'agent loses its state': () => room.loseState(),
    'hub put back': () => room.putHubBack(),
    'clock jump': () => {
      agentMachine.clockSkewMs = dice.between(-3_600_000, 3_600_000);
    },
  };
  make[trouble]();
}

/** Operations fail at random; gives what ends it. */
function stormOn(room: Room, machine: Machine): () => void {
  const { faults } = machine;
  const over = beginDiskTrouble(room, machine);
  const rate = room.dice.pick([0.02, 0.1, 0.4]);
  for (const code of diskFaults) if (room.dice.chance(0.5)) faults.disk[code] = rate;
  return () => {
    for (const code of diskFaults) faults.disk[code] = 0;
    over();
  };
}

function fill(room: Room, machine: Machine): () => void {
  const { faults } = machine;
  const over = beginDiskTrouble(room, machine);
  faults.diskFull = true;
  return () => {
    faults.diskFull = false;
    over();
  };
}

function beginDiskTrouble(room: Room, machine: Machine): () => void {
  if (machine !== room.agentMachine) return () => undefined;
  const trouble = { fromMs: room.world.time.nowMs, toMs: Number.POSITIVE_INFINITY };
  room.agentDiskTroubles.push(trouble);
  return () => {
    trouble.toMs = Math.min(trouble.toMs, room.world.time.nowMs);
  };
}

function haunt(room: Room, machine: Machine): () => void {
  machine.deathTakes = room.dice.pick(['process', 'power'] as const);
  machine.faults.databaseDeath = room.dice.pick([0.01, 0.05, 0.2]);
  return () => {
    machine.faults.databaseDeath = 0;
  };
}

function describePlan(room: Room): void {
  const { seed, output, writers, troubles, agent, safetyMs, birthTimes }: Plan = room.plan;
  const [source] = agent.sources;
  room.note(
    `seed ${seed}, output ${output}, ${safetyMs} ms, birth times ${birthTimes}, troubles: ${troubles.join(', ')}`,
  );
  for (const { path, policy, inside, crlf, keep } of writers) {
    room.note(`writer of ${path}: ${policy}, inside ${inside}, CRLF ${crlf}, keeps ${keep}`);
  }
  room.note(
    `batch ${JSON.stringify(agent.batch)}, spool ${agent.spool.bytesMax}, open files ${source?.openFilesMax}, lines ${source?.lineBytesMax}`,
  );
}

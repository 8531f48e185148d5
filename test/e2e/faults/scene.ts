/** What most faults have around them: both sides run, lines are written, and the oracle has the last word. */
import { eventually } from '../../support/program.ts';
import { Room, type RoomOptions } from '../room.ts';
import type { Figures } from './figures.ts';
import { begin, conclude, type Excuse } from './oracle.ts';
import { Writer, type WriterOptions } from './writer.ts';

/** Small batches, so that many are under way at every moment. */
export const smallBatches = 'batch: { bytes: 8KiB, records: 100, interval: 20ms }\n';

export interface Scene {
  readonly room: Room;
  readonly writer: Writer;
}

export interface Stage {
  readonly figures: Figures;
  readonly room?: RoomOptions;
  readonly writer?: WriterOptions;
  /** More of the agent's output, as YAML. The hub itself where it names no other address. */
  readonly output?: (room: Room) => string;
  readonly excuse?: Excuse;
}

/** `act` finds both sides running, and leaves them so. */
export async function onStage(stage: Stage, act: (scene: Scene) => Promise<void>): Promise<void> {
  const { figures, output, excuse } = stage;
  await using room = await Room.open(stage.room);
  using writer = new Writer(room.logs, stage.writer);
  room.configure(`type: hub, ${output?.(room) ?? `url: "${room.hubUrl}"`}`, smallBatches);
  await begin(room, writer);
  writer.start();
  await act({ room, writer });
  await conclude(room, writer, excuse === undefined ? { figures } : { figures, excuse });
}

/** What is written now has arrived. */
export async function caughtUp(room: Room, writer: Writer): Promise<void> {
  const lines = [...writer.written.values()].reduce((sum, written) => sum + written.length, 0);
  await eventually('all arrives', async () => (((await room.count()) ?? 0) >= lines ? true : null));
}

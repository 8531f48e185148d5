/** The agent may watch nothing: it polls. */
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import type { Fault } from './fault.ts';
import type { Figures } from './figures.ts';
import { caughtUp, onStage } from './scene.ts';
import { userNamespace, withoutInotify } from './tools.ts';

export const limitFaults: readonly Fault[] = [
  { name: 'inotify-limit', needs: [userNamespace], cycles: { short: 1, long: 20 }, run: watchNothing },
];

/** What was written before it starts, and while it runs, arrives. */
async function watchNothing(cycles: number, figures: Figures): Promise<void> {
  await onStage({ figures }, async ({ room, writer }) => {
    assert.ok(watchersOf(room.agent.pid) > 0, 'without the limit it watches');
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      await room.agent.kill();
      await room.startAgent({ wrapper: withoutInotify });
      await caughtUp(room, writer);
      assert.equal(watchersOf(room.agent.pid), 0);
      figures.fired('start without inotify');
    }
  });
}

function watchersOf(process: number): number {
  const directory = `/proc/${process}/fd`;
  const opened = readdirSync(directory).map((name) => {
    try {
      return readlinkSync(`${directory}/${name}`);
    } catch {
      // It was closed meanwhile.
      return '';
    }
  });
  return opened.filter((name) => name.includes('inotify')).length;
}

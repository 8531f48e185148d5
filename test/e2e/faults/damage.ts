/** The agent's state or the hub's data is garbage, cut short, empty or gone when its side starts. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Room } from '../room.ts';
import type { Fault } from './fault.ts';
import type { Figures } from './figures.ts';
import { onStage } from './scene.ts';

const companions = ['', '-wal', '-shm'];

/** What is done to a database, its companions first removed. */
const damages: Readonly<Record<string, (path: string) => void>> = {
  garbage: (path) => writeFileSync(path, randomBytes(statSync(path).size)),
  'cut short': (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  empty: (path) => truncateSync(path, 0),
  gone: (path) => rmSync(path),
};
const kinds = Object.keys(damages);

export const damageFaults: readonly Fault[] = [
  { name: 'damaged-state', needs: [], cycles: { short: kinds.length, long: 40 }, run: damageState },
  { name: 'damaged-data', needs: [], cycles: { short: 2, long: 40 }, run: damageData },
];

/** The agent asks its hub how far each file came. Files that were rotated away before it knew them would be unknown. */
async function damageState(cycles: number, figures: Figures): Promise<void> {
  await onStage({ figures, writer: { rotates: false } }, async ({ room }) => {
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const kind = kinds[cycle % kinds.length]!;
      room.agent.signal('SIGTERM');
      await room.agent.ended;
      damage(join(room.state, 'state.db'), kind);
      await room.startAgent();
      await room.agent.said(/state\.recalled/);
      figures.fired(kind);
    }
  });
}

/** The hub says what is wrong and changes nothing; it goes on with the file as it was. */
async function damageData(cycles: number, figures: Figures): Promise<void> {
  await onStage({ figures }, async ({ room }) => {
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const kind = kinds[cycle % 2]!;
      await stopHub(room);
      const path = join(room.data, 'hub.sqlite');
      const copy = join(room.home, 'hub.copy');
      for (const companion of companions)
        if (existsSync(path + companion)) copyFileSync(path + companion, copy + companion);
      damage(path, kind);
      const { code } = await room.launchHub().ended;
      assert.equal(code, 3, room.hub.output);
      assert.match(room.hub.output, /STORE_DAMAGED/);
      figures.fired(kind);
      for (const companion of companions) {
        rmSync(path + companion, { force: true });
        if (existsSync(copy + companion)) copyFileSync(copy + companion, path + companion);
      }
      await room.startHub();
    }
  });
}

function damage(path: string, kind: string): void {
  damages[kind]!(path);
  for (const companion of companions.slice(1)) rmSync(path + companion, { force: true });
}

async function stopHub({ hub }: Room): Promise<void> {
  hub.signal('SIGTERM');
  await hub.ended;
}

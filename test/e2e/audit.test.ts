/** A batch that somebody takes out of the hub's database is named by the audit. */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeDatabases } from '../../src/host/node/database.ts';
import { eventually } from '../support/program.ts';
import { Room } from './room.ts';

const lineBytes = 100;
const lines = 300;

test('audit --hub names file, stream and bytes of a batch that was removed at the hub by hand', async () => {
  await using room = await Room.open();
  room.configure(`type: hub, url: "${room.hubUrl}"`, 'batch: { bytes: 8KiB, interval: 20ms }\n');
  const path = join(room.logs, 'app.log');
  await room.startHub();
  await room.startAgent();
  for (let index = 0; index < lines; index += 1) {
    appendFileSync(path, `${String(index).padEnd(lineBytes - 1, '.')}\n`);
  }
  await eventually('all lines are there', async () => ((await room.count()) === lines ? true : null));
  room.agent.signal('SIGTERM');
  await room.agent.ended;
  const [row] = await room.stored();
  const complete = await room.command('audit', '--hub');
  assert.equal(complete.code, 0, complete.output);

  room.hub.signal('SIGTERM');
  await room.hub.ended;
  const { from, to } = removeNewestBlock(join(room.data, 'hub.sqlite'));
  assert.ok(from < to && to === lines * lineBytes);
  await room.startHub();
  const { code, output } = await room.command('audit', '--hub');
  assert.equal(code, 1, output);
  assert.ok(output.includes(`${path}, bytes ${from} to ${to}`), output);
  assert.ok(output.includes(`stream ${row!.stream}`), output);
});

function removeNewestBlock(path: string): { readonly from: number; readonly to: number } {
  const database = nodeDatabases().open(path);
  try {
    const newest = 'WHERE number = (SELECT max(number) FROM blocks)';
    const [block] = database.all(`SELECT start, "end" FROM blocks ${newest}`);
    database.transaction('full', () => database.exec(`DELETE FROM blocks ${newest}`));
    return { from: Number(block!.start), to: Number(block!.end) };
  } finally {
    database.close();
  }
}

/** How a running agent ends, with real processes and real signals, and what its bounds on descriptors do. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHost } from '../../src/host/node/host.ts';
import { serveOnSocket } from '../compat/socket.ts';
import { Room } from '../e2e/room.ts';
import { asFile, numbered } from '../support/journey.ts';
import { eventually } from '../support/program.ts';

const graceMs = 10_000;
const smallBatches = 'batch: { records: 50, interval: 20ms }\n';

async function roomWithHub(): Promise<Room> {
  const room = await Room.open();
  await room.startHub();
  room.configure(`type: hub, url: "${room.hubUrl}"`, smallBatches);
  return room;
}

async function everything(room: Room, count: number): Promise<readonly string[]> {
  await eventually('all lines arrive', async () => ((await room.count()) ?? 0) >= count || null);
  return (await room.stored()).map((line) => line.text);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`SHU-01: ${signal} in the middle of sending ends it in time with 0, and nothing is lost`, async () => {
    await using room = await roomWithHub();
    const lines = numbered('x'.repeat(100), 20_000);
    writeFileSync(join(room.logs, 'a.log'), asFile(lines));
    await room.startAgent();
    await eventually('the first lines arrive', async () => ((await room.count()) ?? 0) > 0 || null);
    const began = createHost().clock.monotonicMs();
    room.agent.signal(signal);
    assert.deepEqual(await room.agent.ended, { code: 0, signal: null });
    assert.ok(createHost().clock.monotonicMs() - began < graceMs);
    await room.startAgent();
    assert.deepEqual(await everything(room, lines.length), lines);
  });
}

test('SHU-01: a second signal ends it at once, though the server does not answer', async () => {
  await using room = await Room.open();
  const never = new Promise<never>(() => undefined);
  let asked = 0;
  await using socket = await serveOnSocket(() => {
    asked += 1;
    return never;
  });
  room.configure(`type: hub, url: "${socket.url}"`, smallBatches);
  writeFileSync(join(room.logs, 'a.log'), 'one\n');
  await room.startAgent();
  await eventually('it asks the server', async () => asked > 0 || null);
  room.agent.signal('SIGTERM');
  await room.agent.said(/agent\.stopping/);
  room.agent.signal('SIGTERM');
  assert.equal((await room.agent.ended).code, 0);
  await room.startHub();
  room.configure(`type: hub, url: "${room.hubUrl}"`, smallBatches);
  await room.startAgent();
  assert.deepEqual(await everything(room, 1), ['one']);
});

test('SHU-01: SIGHUP reads the configuration again and loses nothing', async () => {
  await using room = await roomWithHub();
  const first = numbered('first', 5000);
  writeFileSync(join(room.logs, 'a.log'), asFile(first));
  await room.startAgent();
  room.agent.signal('SIGHUP');
  await room.agent.said(/config\.taken/);
  appendFileSync(join(room.logs, 'a.log'), 'last\n');
  assert.deepEqual(await everything(room, 5001), [...first, 'last']);
  room.agent.signal('SIGTERM');
  assert.equal((await room.agent.ended).code, 0);
});

test('DIS-11: 200 files under a bound of 100 descriptors, with idle ones closed in between', async () => {
  await using room = await roomWithHub();
  const names = numbered('f', 200);
  mkdirSync(join(room.logs, 'many'));
  const path = (name: string) => join(room.logs, `many/${name}.log`);
  for (const name of names) writeFileSync(path(name), `${name} 1\n`);
  await room.startAgent({ openFilesMax: 100 });
  for (const cycle of [2, 3]) {
    await everything(room, 200 * (cycle - 1));
    for (const name of names) appendFileSync(path(name), `${name} ${cycle}\n`);
  }
  const texts = await everything(room, 600);
  assert.deepEqual(
    [...texts].sort(),
    [1, 2, 3].flatMap((cycle) => names.map((name) => `${name} ${cycle}`)).sort(),
  );
  const descriptors = readdirSync(`/proc/${room.agent.pid}/fd`).length;
  assert.ok(descriptors <= 100, `${descriptors} descriptors`);
  room.agent.signal('SIGTERM');
  assert.equal((await room.agent.ended).code, 0);
  assert.doesNotMatch(room.said, /file\.gap|file\.vanished|file\.truncated/);
});

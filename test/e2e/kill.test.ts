/** Agent and hub as real processes, killed at any moment: what is written once arrives once. */
import assert from 'node:assert/strict';
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHost } from '../../src/host/node/host.ts';
import { ilaSocServer, type SeedServer, syncLogsServer } from '../compat/seed-servers.ts';
import { serveOnSocket } from '../compat/socket.ts';
import { asFile } from '../support/journey.ts';
import { eventually } from '../support/program.ts';
import { Room } from './room.ts';

const { clock, random } = createHost();

/** Files that are there at the start and go on growing and rotating. */
class Backfill {
  readonly #room: Room;
  readonly #files: readonly string[];
  readonly written = new Map<string, string[]>();
  #number = 0;

  constructor(room: Room, { files, lines }: { readonly files: number; readonly lines: number }) {
    this.#room = room;
    this.#files = Array.from({ length: files }, (_, index) => `f${index}.log`);
    for (const name of this.#files) this.write(name, lines);
  }

  get all(): readonly string[] {
    return [...this.written.values()].flat();
  }

  grow(lines: number): void {
    for (const name of this.#files) this.write(name, lines);
  }

  rotate(round: number): void {
    const name = this.#files[round % this.#files.length]!;
    const path = join(this.#room.logs, name);
    renameSync(path, `${path}.${round}`);
    writeFileSync(path, '');
  }

  write(name: string, count: number): void {
    const lines = Array.from({ length: count }, (_, index) => {
      const number = this.#number + index;
      return `${name} ${number} ${'señal '.repeat(number % 20)}.`;
    });
    this.#number += count;
    this.written.set(name, [...(this.written.get(name) ?? []), ...lines]);
    appendFileSync(join(this.#room.logs, name), asFile(lines));
  }
}

async function restart(start: () => Promise<void>): Promise<void> {
  // A port or a lock may be held for a moment by the one that was just killed.
  await eventually('it starts again', async () =>
    start().then(
      () => true,
      () => null,
    ),
  );
}

test('SHU-03, DEL-15: twenty rounds of kill -9 of agent and hub lose and repeat nothing', async () => {
  await using room = await Room.open();
  const backfill = new Backfill(room, { files: 3, lines: 4000 });
  await room.startHub();
  // Small batches, so that many are under way at every moment.
  room.configure(
    `type: hub, url: "${room.hubUrl}"`,
    'batch: { bytes: 8KiB, records: 100, interval: 20ms }\n',
  );
  await room.startAgent();
  let killedMidway = 0;
  for (let round = 0; round < 20; round += 1) {
    backfill.grow(100);
    if (round % 5 === 4) backfill.rotate(round);
    await clock.sleep(random.fraction() * 200);
    const arrived = await room.count();
    if (arrived !== null && arrived < backfill.all.length) killedMidway += 1;
    if (round % 3 !== 0) await room.hub.kill();
    if (round % 3 !== 1) await room.agent.kill();
    await Promise.all([
      round % 3 === 0 ? null : restart(() => room.startHub()),
      round % 3 === 1 ? null : restart(() => room.startAgent()),
    ]);
  }
  const expected = backfill.all;
  await eventually('all lines arrive', async () => ((await room.count()) ?? 0) >= expected.length || null);
  room.agent.signal('SIGTERM');
  await room.agent.ended;
  const stored = await room.stored();
  const texts = stored.map((line) => line.text);
  assert.ok(killedMidway >= 10, `only ${killedMidway} of the kills came in the middle of it`);
  assert.equal(new Set(texts).size, texts.length, 'no line twice');
  assert.deepEqual([...texts].sort(), [...expected].sort(), 'no line lost');
  for (const [name, lines] of backfill.written) {
    const places = new Map(lines.map((line, index) => [line, index]));
    const streams = new Map<string, number[]>();
    for (const { stream, text } of stored) {
      const place = places.get(text);
      if (place !== undefined) streams.set(stream, [...(streams.get(stream) ?? []), place]);
    }
    for (const order of streams.values()) {
      assert.deepEqual(
        order,
        [...order].sort((a, b) => a - b),
        `${name} is in order`,
      );
    }
  }
});

/** How many records a batch has at most: what one kill may repeat. */
const batchRecords = 40;

async function killedSender(type: 'ila-soc' | 'sync-logs', server: SeedServer): Promise<void> {
  const rounds = 6;
  await using socket = await serveOnSocket(server.handle);
  await using room = await Room.open();
  const backfill = new Backfill(room, { files: 2, lines: 1500 });
  const url = type === 'sync-logs' ? `${socket.url}/api` : socket.url;
  room.configure(
    `type: ${type}, url: "${url}"${type === 'sync-logs' ? ', source: web' : ''}`,
    `batch: { records: ${batchRecords}, interval: 20ms }\n`,
  );
  for (let round = 0; round < rounds; round += 1) {
    await room.startAgent();
    backfill.grow(50);
    const had = server.lines.length;
    await eventually('something arrives', async () => server.lines.length > had || null);
    await clock.sleep(random.fraction() * 50);
    await room.agent.kill();
  }
  await room.startAgent();
  const expected = backfill.all;
  await eventually(
    'all lines arrive',
    async () => new Set(server.lines.map((line) => line.text)).size >= expected.length || null,
  );
  room.agent.signal('SIGTERM');
  assert.equal((await room.agent.ended).code, 0);
  const texts = server.lines.map((line) => line.text);
  assert.deepEqual([...new Set(texts)].sort(), [...expected].sort(), 'no line lost, none invented');
  const repeated = texts.length - expected.length;
  assert.ok(repeated <= rounds * batchRecords, `${repeated} lines repeated by ${rounds} kills`);
}

test('SHU-03: killed while it sends to ila-soc, it loses nothing and repeats at most what was in flight', async () => {
  await killedSender('ila-soc', ilaSocServer({ key: 'kill' }));
});

test('SHU-03: killed while it sends to sync-logs, it loses nothing and repeats at most what was in flight', async () => {
  await killedSender('sync-logs', syncLogsServer({ key: 'kill' }));
});

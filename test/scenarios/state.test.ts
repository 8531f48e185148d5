/** What the agent remembers: across stops, losses of its state, and changes of its configuration. */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ilaSocServer } from '../compat/seed-servers.ts';
import { serveOnSocket } from '../compat/socket.ts';
import { asFile, Journey, numbered } from '../support/journey.ts';

for (const startAt of ['beginning', 'end'] as const) {
  for (const length of [20, 2000]) {
    test(`STA-01: ${startAt}, lines of ${length} bytes: before, during and between two runs`, async () => {
      await using journey = await Journey.open({ source: { startAt } });
      const path = journey.path('a.log');
      const line = (name: string) => name.padEnd(length - 1, '.');
      await writeFile(path, asFile([line('before')]));
      await journey.startAgent();
      const first = startAt === 'beginning' ? [line('before')] : [];
      await appendFile(path, asFile([line('first run')]));
      await journey.untilCount(first.length + 1);
      await journey.stopAgent();
      await appendFile(path, asFile([line('while down')]));
      await journey.startAgent();
      await appendFile(path, asFile([line('second run')]));
      await journey.exactly([...first, line('first run'), line('while down'), line('second run')]);
    });
  }
}

test('STA-03: stopped in the middle and started again, 4000 lines arrive once', async () => {
  await using journey = await Journey.open({ batch: { recordsMax: 50 } });
  const lines = numbered('line', 4000);
  await writeFile(journey.path('a.log'), asFile(lines));
  await journey.startAgent();
  await journey.untilCount(100);
  await journey.stopAgent(0);
  const had = (await journey.stored()).length;
  assert.ok(had < 4000, `${had} lines had arrived when it was stopped`);
  await journey.startAgent();
  await journey.exactly(lines);
});

test('STA-05: a file renamed while the agent is down keeps its identity', async () => {
  await using journey = await Journey.start();
  await writeFile(journey.path('a.log'), 'one\n');
  await journey.untilCount(1);
  await journey.stopAgent();
  await rename(journey.path('a.log'), journey.path('b.log'));
  await appendFile(journey.path('b.log'), 'two\n');
  await journey.startAgent();
  const stored = await journey.exactly(['one', 'two']);
  assert.equal(new Set(stored.map((line) => line.stream)).size, 1);
});

test('STA-06: only the owner may look into the state', async () => {
  await using journey = await Journey.start();
  await writeFile(journey.path('a.log'), 'one\n');
  await journey.untilCount(1);
  const modeOf = (path: string) => statSync(path).mode & 0o777;
  assert.equal(modeOf(journey.stateDirectory), 0o700);
  for (const name of readdirSync(journey.stateDirectory))
    assert.equal(modeOf(join(journey.stateDirectory, name)), 0o600, name);
});

test('STA-08: a state that is garbage is kept aside and named; files are read from their beginning', async () => {
  await using journey = await Journey.start({ source: { startAt: 'end' } });
  const path = journey.path('a.log');
  await writeFile(path, 'one\n');
  await journey.untilCount(1);
  const { agentId } = journey.status;
  await journey.stopAgent();
  for (const name of readdirSync(journey.stateDirectory))
    if (name.startsWith('state.db')) rmSync(join(journey.stateDirectory, name));
  writeFileSync(join(journey.stateDirectory, 'state.db'), 'Hello World');
  await appendFile(path, 'two\n');
  await journey.startAgent();
  // `start_at: end` is for an agent that never had a state: nothing is skipped; and the hub says what it has.
  await journey.untilCount(2);
  await journey.mark();
  assert.deepEqual((await journey.stored()).map((line) => line.text).sort(), ['one', 'two']);
  assert.equal(journey.status.agentId, agentId);
  assert.ok(journey.said.some((line) => line.startsWith('state.damaged')));
  assert.ok(journey.said.some((line) => line.startsWith('state.lost')));
  const aside = readdirSync(journey.stateDirectory).find((name) => name.includes('damaged'));
  assert.equal(await readFile(join(journey.stateDirectory, aside ?? ''), 'utf8'), 'Hello World');
});

test('STA-11: the state stays small though many files come and go', async () => {
  await using journey = await Journey.start({ source: { rotateWaitMs: 0, rescanIntervalMs: 200 } });
  let total = 0;
  const sizes: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    const paths = numbered(`r${round}`, 100).map((name) => journey.path(`${name}.log`));
    for (const path of paths) writeFileSync(path, `${path}\n`);
    total += paths.length;
    await journey.untilCount(total);
    for (const path of paths) rmSync(path);
    await journey.until('they have ended', () =>
      journey.status.streams.every((one) => one.status === 'ended' || !paths.includes(one.path)),
    );
    sizes.push(sizeOf(journey.stateDirectory));
  }
  assert.ok(sizes.at(-1)! < 16 * 1024 * 1024, `${sizes} bytes`);
  await journey.stopAgent();
  assert.ok(sizeOf(journey.stateDirectory) < 2 * 1024 * 1024, `${sizeOf(journey.stateDirectory)} bytes`);
});

function sizeOf(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}

test('STA-13: batches of an output that is not configured are kept, named, and sent when it returns', async () => {
  const away = ilaSocServer({ key: 'k' });
  await using journey = await Journey.open();
  await writeFile(journey.path('a.log'), 'one\ntwo\n');
  const closed = await serveOnSocket(away.handle);
  await closed[Symbol.asyncDispose]();
  const output = { name: 'old', type: 'ila-soc', url: closed.url, key: 'k' } as const;
  await journey.startAgent({ output });
  await journey.until('it is spooled', () => journey.status.buffer.spooledRecords === 2);
  await journey.stopAgent(0);

  await journey.startAgent({ output: { name: 'new' } });
  await journey.untilSaid(/output\.absent .*"old".*kept/);
  await journey.stopAgent();

  await using back = await serveOnSocket(away.handle);
  await journey.startAgent({ output: { ...output, url: back.url } });
  await journey.until('it is sent', () => away.lines.length === 2);
  assert.deepEqual(
    away.lines.map((line) => line.text),
    ['one', 'two'],
  );
});

test('STA-15: one record that the server finds too large is set aside and counted; the rest goes on', async () => {
  const server = ilaSocServer({ key: 'k' });
  await using socket = await serveOnSocket((request) =>
    request.body.length > 1000
      ? Promise.resolve({ status: 413, headers: {}, body: 'too large' })
      : server.handle(request),
  );
  await using journey = await Journey.start({ output: { type: 'ila-soc', url: socket.url, key: 'k' } });
  await writeFile(journey.path('a.log'), asFile(['one', 'x'.repeat(2000), 'two']));
  await journey.until('the others arrive', () => server.lines.length >= 2);
  await journey.until('the large one is set aside', () => journey.status.deadLetters.records === 1);
  await journey.stopAgent();
  await journey.startAgent({ output: { type: 'ila-soc', url: socket.url, key: 'k' } });
  await appendFile(journey.path('a.log'), 'three\n');
  await journey.until('the next arrives', () => server.lines.length >= 3);
  assert.deepEqual(
    server.lines.map((line) => line.text),
    ['one', 'two', 'three'],
  );
  assert.equal(journey.status.deadLetters.records, 1);
  assert.equal(journey.status.buffer.spooledRecords, 0);
});

test('STA-16: a state put back from an older copy sends again what came since, and the hub knows it', async () => {
  await using journey = await Journey.start();
  const path = journey.path('a.log');
  await writeFile(path, asFile(numbered('old', 20)));
  await journey.untilCount(20);
  await journey.stopAgent();
  const copy = `${journey.home}/copy`;
  cpSync(journey.stateDirectory, copy, { recursive: true });
  await journey.startAgent();
  await appendFile(path, asFile(numbered('new', 20)));
  await journey.untilCount(40);
  await journey.stopAgent();
  rmSync(journey.stateDirectory, { recursive: true });
  cpSync(copy, journey.stateDirectory, { recursive: true });
  await journey.startAgent();
  await appendFile(path, 'last\n');
  await journey.exactly([...numbered('old', 20), ...numbered('new', 20), 'last']);
});

test('STA-16: a state directory that is removed under a running agent loses no line', async () => {
  await using journey = await Journey.start();
  const path = journey.path('a.log');
  await writeFile(path, 'one\n');
  await journey.untilCount(1);
  rmSync(journey.stateDirectory, { recursive: true });
  await appendFile(path, 'two\n');
  await journey.untilCount(2);
  await journey.stopAgent().catch(() => undefined);
  await appendFile(path, 'three\n');
  await journey.startAgent({ source: { startAt: 'beginning' } });
  await journey.until('all arrive', async () => {
    const texts = (await journey.stored()).map((line) => line.text);
    return ['one', 'two', 'three'].every((text) => texts.includes(text));
  });
});

test('STA-18: two machines with one agent id lose nothing by one another', async () => {
  await using journey = await Journey.start();
  await writeFile(journey.path('a.log'), 'both\n');
  await journey.untilCount(1);
  await journey.stopAgent();
  const image = `${journey.home}/image`;
  cpSync(journey.stateDirectory, image, { recursive: true });
  await appendFile(journey.path('a.log'), 'of the first\n');
  await journey.startAgent();
  await journey.untilCount(2);
  await journey.stopAgent();
  // The clone goes on from the same state with a file of its own content.
  rmSync(journey.stateDirectory, { recursive: true });
  cpSync(image, journey.stateDirectory, { recursive: true });
  await writeFile(journey.path('a.log'), 'both\nof the second\n');
  await journey.startAgent();
  await journey.until('both arrive', async () => {
    const texts = (await journey.stored()).map((line) => line.text);
    return texts.includes('of the first') && texts.includes('of the second');
  });
  const streams = await journey.streams();
  assert.ok(streams.some((stream) => stream.fork_of !== null) || streams.length > 1, 'the conflict is shown');
});

/** An agent whose state is gone, or older than what its hub has, goes on where the hub has it. */
import assert from 'node:assert/strict';
import { appendFile, cp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { asFile, byStream, Journey, numbered } from '../support/journey.ts';

/** What the agent remembers is gone; who it is stays. */
async function loseState(journey: Journey): Promise<void> {
  await journey.stopAgent();
  for (const end of ['', '-wal', '-shm']) {
    await rm(join(journey.stateDirectory, `state.db${end}`), { force: true });
  }
}

/** The state as it is now, to be put back later. */
async function keepState(journey: Journey): Promise<() => Promise<void>> {
  const copy = join(journey.home, 'state-copy');
  await journey.stopAgent();
  await cp(journey.stateDirectory, copy, { recursive: true });
  await journey.startAgent();
  return async () => {
    await journey.stopAgent();
    await rm(journey.stateDirectory, { recursive: true });
    await cp(copy, journey.stateDirectory, { recursive: true });
  };
}

const [one, two, three] = [numbered('one', 300), numbered('two', 300), numbered('three', 300)];

test('without its state an agent goes on with the same streams, and sends no line twice', async () => {
  await using journey = await Journey.start({ batch: { recordsMax: 100 } });
  await writeFile(journey.path('a.log'), asFile(one));
  await writeFile(journey.path('b.log'), 'short\n');
  await journey.untilCount(301);
  const before = (await journey.streams()).map(({ stream }) => stream).sort();
  await loseState(journey);
  await appendFile(journey.path('a.log'), asFile(two));
  await appendFile(journey.path('b.log'), 'and more\n');
  await journey.startAgent();
  await journey.exactly([...one, ...two, 'short', 'and more']);
  assert.deepEqual((await journey.streams()).map(({ stream }) => stream).sort(), before);
  const chains = JSON.parse(await journey.ask('/api/chains')).chains;
  assert.deepEqual(
    chains.map(({ left }: { left: { reason: string } | null }) => left?.reason ?? null),
    [null, 'state-lost'],
  );
  assert.equal(journey.status.ledger.openStreams, 0);
});

test('what was rotated, replaced or cut while the state was gone is told from what was read', async () => {
  await using journey = await Journey.start();
  const first = ['moved', 'replaced', 'cut'].map((name) => numbered(name, 300));
  for (const lines of first) await writeFile(journey.path(`${lines[0]!.slice(0, -2)}.log`), asFile(lines));
  await journey.untilCount(900);
  await loseState(journey);
  await appendFile(journey.path('moved.log'), asFile(two));
  await rename(journey.path('moved.log'), journey.path('moved.log.1'));
  await writeFile(journey.path('moved.log'), asFile(three));
  await rm(journey.path('replaced.log'));
  await writeFile(journey.path('replaced.log'), asFile(one));
  await truncate(journey.path('cut.log'), 0);
  await writeFile(journey.path('cut.log'), asFile(two.map((line) => `${line}!`)));
  await journey.startAgent();
  const stored = await journey.exactly([
    ...first.flat(),
    ...one,
    ...two,
    ...three,
    ...two.map((line) => `${line}!`),
  ]);
  assert.equal(byStream(stored).length, 6);
});

test('with an older state an agent takes up the streams that came since, and sends no line twice', async () => {
  await using journey = await Journey.start({ batch: { recordsMax: 100 } });
  await writeFile(journey.path('a.log'), asFile(one));
  await journey.untilCount(300);
  const putBack = await keepState(journey);
  await appendFile(journey.path('a.log'), asFile(two));
  await writeFile(journey.path('new.log'), asFile(two));
  await journey.untilCount(900);
  const before = (await journey.streams()).map(({ stream }) => stream).sort();
  await putBack();
  await appendFile(journey.path('new.log'), asFile(three));
  await journey.startAgent();
  await journey.exactly([...one, ...two, ...two, ...three]);
  assert.deepEqual((await journey.streams()).map(({ stream }) => stream).sort(), before);
});

test('while the hub is away an agent without its state leaves the lines in their files', async () => {
  await using journey = await Journey.start();
  await writeFile(journey.path('a.log'), asFile(one));
  await journey.untilCount(300);
  await loseState(journey);
  await journey.stopHub();
  await appendFile(journey.path('a.log'), asFile(two));
  await journey.startAgent();
  await journey.until('it has noticed', () => journey.status.output.connection === 'away');
  assert.deepEqual(journey.status.streams, []);
  await journey.startHub();
  await journey.exactly([...one, ...two]);
});

test('an agent that waits for its hub stops when it is told to', async () => {
  await using journey = await Journey.start();
  await journey.mark();
  await loseState(journey);
  await journey.stopHub();
  await journey.startAgent();
  await journey.stopAgent();
  await journey.startHub();
  await writeFile(journey.path('a.log'), asFile(one));
  await journey.startAgent();
  await journey.exactly(one);
});

/** Rotation that compresses: what an archive still holds arrives, in order and once, and nothing of it twice. */
import assert from 'node:assert/strict';
import { readFileSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { appendFile, cp, rename, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { asFile, byStream, Journey, numbered } from '../support/journey.ts';

function compress(path: string, archive: string): void {
  writeFileSync(archive, gzipSync(readFileSync(path)));
  unlinkSync(path);
}

async function gapsOf(journey: Journey): Promise<number> {
  return (await journey.streams()).flatMap(({ gaps }) => gaps).length;
}

test('a file partly read, rotated and compressed while stopped gives its rest', async () => {
  await using journey = await Journey.start();
  const path = journey.path('f.log');
  await writeFile(path, asFile(numbered('a', 100)));
  await journey.untilCount(100);
  await journey.stopAgent();
  const rest = numbered('late', 5000);
  await appendFile(path, asFile(rest));
  compress(path, `${path}.1.gz`);
  await rename(`${path}.1.gz`, `${path}.2.gz`);
  await writeFile(path, 'b-1\n');
  await journey.startAgent();
  const lines = await journey.exactly([...numbered('a', 100), ...rest, 'b-1']);
  const streams = byStream(lines).map((stream) => stream.map((line) => line.text));
  assert.deepEqual(streams.sort((a, b) => b.length - a.length)[0], [...numbered('a', 100), ...rest]);
  assert.equal(await gapsOf(journey), 0);
});

test('a file read to its end and compressed while stopped gives nothing again, and no gap', async () => {
  await using journey = await Journey.start();
  const path = journey.path('f.log');
  await writeFile(path, asFile(numbered('a', 10)));
  await journey.untilCount(10);
  await journey.stopAgent();
  compress(path, `${path}-20260101.gz`);
  await writeFile(path, 'b-1\n');
  await journey.startAgent();
  await journey.exactly([...numbered('a', 10), 'b-1']);
  assert.equal(await gapsOf(journey), 0);
});

test('a file that was copied, truncated and compressed while stopped gives its rest', async () => {
  await using journey = await Journey.start();
  const path = journey.path('f.log');
  await writeFile(path, asFile(numbered('a', 100)));
  await journey.untilCount(100);
  await journey.stopAgent();
  await appendFile(path, asFile(numbered('late', 50)));
  writeFileSync(`${path}.1.gz`, gzipSync(readFileSync(path)));
  truncateSync(path, 0);
  await appendFile(path, 'b-1\n');
  await journey.startAgent();
  await journey.exactly([...numbered('a', 100), ...numbered('late', 50), 'b-1']);
  assert.equal(await gapsOf(journey), 0);
});

for (const way of ['renamed', 'truncated'] as const) {
  test(`a batch that was in flight when the agent was killed is read again from the archive: ${way}`, async () => {
    let hold = true;
    const held: (() => void)[] = [];
    await using journey = await Journey.start({
      answer: async ({ path }, hub) => {
        if (!hold || !path.endsWith('/ingest-batch')) return await hub();
        await new Promise<void>((resolve) => held.push(resolve));
        return { status: 503, headers: {}, body: '' };
      },
    });
    const path = journey.path('f.log');
    await writeFile(path, asFile(numbered('a', 200)));
    await journey.until('a batch is in flight', () => held.length > 0);
    // What the disk holds now is what a killed agent leaves.
    await cp(journey.stateDirectory, `${journey.home}/killed`, { recursive: true });
    const stopped = journey.stopAgent(0);
    for (const answer of held) answer();
    await stopped;
    await rm(journey.stateDirectory, { recursive: true });
    await rename(`${journey.home}/killed`, journey.stateDirectory);
    await appendFile(path, asFile(numbered('late', 50)));
    writeFileSync(`${path}.1.gz`, gzipSync(readFileSync(path)));
    if (way === 'renamed') unlinkSync(path);
    else truncateSync(path, 0);
    await appendFile(path, 'b-1\n');
    hold = false;
    await journey.startAgent();
    await journey.exactly([...numbered('a', 200), ...numbered('late', 50), 'b-1']);
    assert.equal(await gapsOf(journey), 0);
  });
}

test('an archive that is cut short gives its whole lines, then a gap where more was known', async () => {
  await using journey = await Journey.start();
  const path = journey.path('f.log');
  const lines = Array.from({ length: 3000 }, (_, index) => `${index} ${Math.sin(index)}`);
  const long = 'x'.repeat(100_000);
  await writeFile(path, `${lines[0]}\n${lines.slice(1).join(' ')} ${long}`);
  await journey.untilCount(1);
  await journey.stopAgent();
  const content = `${lines.join('\n')}\n${long}`;
  const packed = gzipSync(content);
  await writeFile(`${path}.1.gz`, packed.subarray(0, packed.length / 2));
  unlinkSync(path);
  await journey.startAgent();
  await journey.until('a gap arrives', async () => (await gapsOf(journey)) === 1);
  const stored = (await journey.stored()).map((line) => line.text);
  assert.ok(stored.length > 500 && stored.length < 2900, `${stored.length} lines`);
  assert.deepEqual(stored, lines.slice(0, stored.length));
  const [stream] = await journey.streams();
  const from = asFile(stored).length;
  assert.deepEqual(stream?.gaps, [{ from, to: content.length, reason: 'unreadable' }]);
});

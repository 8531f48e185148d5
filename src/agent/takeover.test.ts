/** What a Python original left is taken over once, whatever the moment at which the process dies. */
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHost } from '../host/node/host.ts';
import { silentLog } from '../host/selflog.ts';
import { syncLogs } from '../protocol/sync-logs.ts';
import type { AgentSettings } from '../settings/agent.ts';
import { memoryStore } from '../state/memory.ts';
import type { State } from '../state/state.ts';
import { Journal } from './journal.ts';
import { Outbox } from './outbox.ts';
import { type TakenOver, takeOver } from './takeover.ts';

const { limits } = syncLogs({ source: 'x', bodyBytesMax: 200, lineBytesMax: 150 });

/** One start over a state that may stop taking commits, as a process that dies does. */
async function start(
  state: State,
  file: string,
): Promise<{ readonly taken: TakenOver; readonly lines: string[] }> {
  const host = createHost();
  const giveUp = new AbortController().signal;
  const journal = new Journal(state, { host, log: silentLog, giveUp });
  const outbox = new Outbox(
    { state, journal, host, stop: giveUp },
    { output: 'default', agentId: 'a', spoolBytesMax: 1 << 20, memoryBytesMax: 1 << 20 },
  );
  const settings = {
    takeover: { kind: 'sync-logs', stateFiles: [file] },
    sources: [{ include: ['/var/log/app.log'] }],
    batch: { bytesMax: 1 << 20, recordsMax: 1000, intervalMs: 500 },
  } as unknown as AgentSettings;
  const taken = await takeOver({
    host,
    settings,
    outbox,
    log: silentLog,
    limits,
    notes: state.snapshot.notes,
  });
  const lines = outbox.queue.pending.flatMap((entry) => {
    const bodies = outbox.body(entry) ?? [];
    return Buffer.concat([...bodies])
      .toString()
      .trimEnd()
      .split('\n');
  });
  return { taken, lines };
}

function leftBehind(): { readonly directory: string; readonly file: string } {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-takeover-'));
  const file = join(directory, 'agent.state');
  const pending = [1, 2, 3].map((n) => ({
    id: `${n}`,
    data: [`${n}a`, `${n}b`],
    timestamp: 1_700_000_000,
    retry_count: 0,
  }));
  writeFileSync(file, JSON.stringify({ last_position: 77, pending_batches: pending }));
  return { directory, file };
}

const wanted = ['1a', '1b', '2a', '2b', '3a', '3b'];

test('STA-10: pending lines of an original are kept in order, in batches that the protocol takes, and the position is told', async () => {
  const { directory, file } = leftBehind();
  const { taken, lines } = await start(memoryStore().open(), file);
  assert.deepEqual(lines, wanted);
  assert.equal(taken.positions.get('/var/log/app.log'), 77);
  assert.deepEqual(await readdir(directory), ['agent.state.taken-over']);
});

test('a start after a crash takes over what is missing, and nothing twice', async () => {
  for (let commitsLeft = 0; commitsLeft < 5; commitsLeft += 1) {
    const { file } = leftBehind();
    const store = memoryStore();
    const state = store.open();
    let left = commitsLeft;
    const dying: State = {
      snapshot: state.snapshot,
      ledger: (stream) => state.ledger(stream),
      history: (output, sinceMs) => state.history(output, sinceMs),
      kept: (output, kind) => state.kept(output, kind),
      body: (key) => state.body(key),
      close: () => state.close(),
      commit(changes, durability) {
        if (left === 0) throw new Error('the process is dead');
        left -= 1;
        state.commit(changes, durability);
      },
    };
    await start(dying, file).catch(() => undefined);
    state.close();
    const { taken, lines } = await start(store.open(), file);
    assert.deepEqual(lines, wanted, `after ${commitsLeft} commits`);
    assert.equal(taken.positions.get('/var/log/app.log'), 77);
  }
});

test('the position is remembered when the process dies after the file got its other name', async () => {
  const { file } = leftBehind();
  const store = memoryStore();
  const first = store.open();
  await start(first, file);
  first.close();
  const { taken, lines } = await start(store.open(), file);
  assert.deepEqual(lines, wanted);
  assert.equal(taken.positions.get('/var/log/app.log'), 77);
});

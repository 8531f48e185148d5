import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Databases } from '../host/database.ts';
import { nodeDatabases } from '../host/node/database.ts';
import { nodeWork } from '../host/node/work.ts';
import { silentLog } from '../host/selflog.ts';
import { openStore } from './sqlite.ts';

const all = { agent: null, source: null, ageMs: 1000, bytesMax: null };
const never = new AbortController().signal;
const streams = 100;

/** A hundred blocks that nothing merges; counts the blocks that each transaction deletes. */
async function filled(context: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-store-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const deleted: number[] = [];
  const databases: Databases = {
    open: (path) => {
      const real = nodeDatabases().open(path);
      return {
        exec: (sql) => real.exec(sql),
        all: (sql, ...values) => real.all(sql, ...values),
        run: (sql, ...values) => {
          if (sql.startsWith('DELETE FROM blocks')) deleted[deleted.length - 1]! += 1;
          return real.run(sql, ...values);
        },
        transaction: (durability, work) => {
          deleted.push(0);
          return real.transaction(durability, work);
        },
        close: () => real.close(),
      };
    },
  };
  const store = openStore(join(directory, 'hub.sqlite'), { databases, work: nodeWork, log: silentLog });
  for (let number = 0; number < streams; number++) {
    const stream = number.toString(16).padStart(32, '0');
    const records = [{ to: 4, bytes: Buffer.from('one'), cut: false }];
    const segment = { stream, path: '/a', source: 'a', kind: 'lines', from: 0, records } as const;
    await store.commit({ agent: 'web', receivedAtMs: number, segments: [segment] });
  }
  deleted.length = 0;
  return { store, deleted };
}

test('removes in small transactions, between which what comes is stored', async (context) => {
  const { store, deleted } = await filled(context);
  const removing = store.retain([all], 10_000, never);
  const segment = { stream: 'f'.repeat(32), path: '/a', source: 'a', kind: 'append' } as const;
  const came = {
    agent: 'web',
    receivedAtMs: 10_000,
    segments: [{ ...segment, records: [{ bytes: Buffer.from('new') }] }],
  };
  await store.commit(came);
  assert.deepEqual(await removing, { blocks: streams, bytes: 4 * streams });
  assert.ok(Math.max(...deleted) <= 32);
  assert.ok(deleted.lastIndexOf(0) < deleted.length - 1, 'the commit did not wait for the last of them');
  await store.close();
});

test('ends early when it is told to, and what is left stays readable', async (context) => {
  const { store, deleted } = await filled(context);
  const stop = new AbortController();
  const removing = store.retain([all], 10_000, stop.signal);
  stop.abort();
  const { blocks } = await removing;
  assert.ok(blocks < streams);
  assert.equal(
    deleted.reduce((sum, count) => sum + count, 0),
    blocks,
  );
  await store.close();
});

test('without a rule nothing is removed', async (context) => {
  const { store } = await filled(context);
  const others = [
    { ...all, agent: 'db' },
    { ...all, source: 'b' },
    { ...all, agent: 'web', source: 'b' },
  ];
  for (const rules of [[], others]) assert.equal((await store.retain(rules, 10_000, never)).blocks, 0);
  await store.close();
});

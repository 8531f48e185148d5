import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { nodeDatabases } from '../host/node/database.ts';
import { nodeWork } from '../host/node/work.ts';
import { silentLog } from '../host/selflog.ts';
import { judge } from './audit.ts';
import { openStore } from './sqlite.ts';
import type { ArrivedSegment, StreamAudit } from './store.ts';

const stream = { stream: 'a'.repeat(32), path: '/var/log/a.log', source: 'a.log' };

/** Stores segments, lets somebody with a tool at the closed file, and audits what is left. */
async function auditAfter(
  context: TestContext,
  segments: readonly ArrivedSegment[],
  tamper: string | null,
  content = false,
): Promise<StreamAudit[]> {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-audit-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'hub.sqlite');
  const machine = { databases: nodeDatabases(), work: nodeWork, log: silentLog };
  const store = openStore(path, machine);
  for (const segment of segments) {
    await store.commit({ agent: 'web', receivedAtMs: 0, segments: [segment] });
  }
  await store.merged();
  await store.close();
  if (tamper !== null) {
    const database = machine.databases.open(path);
    database.transaction('full', () => database.exec(tamper));
    database.close();
  }
  const opened = openStore(path, machine);
  const audits: StreamAudit[] = [];
  for await (const one of opened.audit('web', content)) audits.push(one);
  await opened.close();
  return audits;
}

/** Lines that fill 300 KiB from a position on: more than one block, so that one can be taken away. */
function text(from: number): ArrivedSegment {
  const bytes = Buffer.from(`${'x'.repeat(1023)}\n`.repeat(300));
  return { ...stream, kind: 'text', from, text: bytes, count: 300 };
}

const length = 300 * 1024;

test('a stream of which everything arrived, or is a named gap, is complete to its end', async (context) => {
  const gap: ArrivedSegment = {
    ...stream,
    kind: 'gap',
    from: length,
    to: length + 50,
    reason: 'unreadable',
  };
  const [audit] = await auditAfter(context, [text(0), gap, text(length + 50)], null, true);
  assert.deepEqual(audit!.missing, []);
  assert.equal(audit!.completeTo, 2 * length + 50);
});

test('what never arrived is named by its positions', async (context) => {
  const [audit] = await auditAfter(context, [text(0), text(length + 10)], null);
  assert.deepEqual(audit!.missing, [{ from: length, to: length + 10, why: 'never-arrived' }]);
  assert.equal(audit!.completeTo, length);
});

test('lines that somebody took out of the file are named, though they were acked', async (context) => {
  const remove = 'DELETE FROM blocks WHERE number = (SELECT max(number) FROM blocks)';
  const [audit] = await auditAfter(context, [text(0)], remove);
  assert.equal(audit!.missing.length, 1);
  const [missing] = audit!.missing;
  assert.equal(missing!.why, 'removed');
  assert.equal(missing!.to, length);
  assert.equal(audit!.completeTo, missing!.from);
});

test('lines whose range somebody took away are named', async (context) => {
  const [audit] = await auditAfter(context, [text(0)], 'DELETE FROM ranges');
  assert.deepEqual(audit!.missing, [{ from: 0, to: length, why: 'not-acked' }]);
});

test('changed bytes are found where the content is looked at', async (context) => {
  const change = "UPDATE blocks SET body = CAST(substr(body, 1, length(body) - 1) || 'x' AS BLOB)";
  const [quick] = await auditAfter(context, [text(0)], change);
  assert.deepEqual(quick!.missing, []);
  const [whole] = await auditAfter(context, [text(0)], change, true);
  assert.ok(whole!.missing.length > 0 && whole!.missing.every(({ why }) => why === 'damaged'));
  assert.equal(whole!.completeTo, 0);
});

test('a stream that holds nothing is complete to 0', () => {
  const nothing = judge({ begin: 0, ranges: [], gaps: [] }, { stored: [], removed: [], damaged: [] });
  assert.deepEqual(nothing, { completeTo: 0, missing: [] });
});

test('an agent is not told to have what somebody took away', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-audit-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'hub.sqlite');
  const machine = { databases: nodeDatabases(), work: nodeWork, log: silentLog };
  const store = openStore(path, machine);
  await store.commit({ agent: 'web', receivedAtMs: 0, segments: [text(0)] });
  await store.merged();
  await store.close();
  const database = machine.databases.open(path);
  database.transaction('full', () => database.exec('DELETE FROM blocks WHERE start > 0'));
  database.close();
  const opened = openStore(path, machine);
  const [told] = opened.agentStreams('web', { below: null, max: 10 }).streams;
  assert.equal(told!.ranges.length, 1);
  assert.ok(told!.ranges[0]!.to < length);
  await opened.close();
});

test('what the agent left out on purpose before it began is not missing, nor what a fork does not repeat', async (context) => {
  const described = (start: string) =>
    `INSERT INTO descriptions VALUES ('web', '${stream.stream}', 1, 1, '{"start":${start}}')`;
  const other: ArrivedSegment = {
    ...stream,
    kind: 'text',
    from: 2048,
    text: Buffer.from('other\n'),
    count: 1,
  };
  const [own, fork] = await auditAfter(context, [text(1024), other], described('1024'));
  assert.deepEqual([own!.begin, own!.missing, own!.completeTo], [1024, [], 1024 + length]);
  assert.deepEqual([fork!.forkOf, fork!.begin, fork!.missing], [stream.stream, 2048, []]);
  const hole = [{ from: 0, to: 1024, why: 'never-arrived' }];
  for (const hostile of ['-1', '"1024"', '1e99', 'null', '0.5']) {
    const [audit] = await auditAfter(context, [text(1024)], described(hostile));
    assert.deepEqual([audit!.begin, audit!.missing], [0, hole], hostile);
  }
  const [hidden] = await auditAfter(context, [text(0), text(length + 9)], described('999999'));
  assert.deepEqual(hidden!.missing, [{ from: length, to: length + 9, why: 'never-arrived' }]);
});

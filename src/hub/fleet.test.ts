import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directoryFor, envelope, type HubUnderTest, startHub } from '../../test/hub/fixture.ts';
import { until } from '../../test/support/until.ts';

const ingest = '/api/agent/ingest-batch';
const hourMs = 3_600_000;

const condition = {
  ...{ lag_bytes: 7, spool_bytes: 8, dead_letters: 9, version: '1.2.3' },
  ...{ interval_ms: 10_000, lag_ms: 1500, spool_bytes_max: 64, open_streams: 0 },
};

async function registered(hub: HubUnderTest): Promise<void> {
  await hub.ask('/api/agent/register', { body: { agent_id: 'web', hostname: 'web-1', os_type: 'Linux' } });
}

async function beat(hub: HubUnderTest, almadia: object): Promise<void> {
  const reply = await hub.ask('/api/agent/heartbeat', { body: { agent_id: 'web', almadia } });
  assert.equal(reply.status, 200);
}

const row = async (hub: HubUnderTest) => (await hub.ask('/api/agents')).json.agents.web;

test('idle and offline follow from the interval that the agent tells', async (context) => {
  const hub = await startHub(context);
  await registered(hub);
  await beat(hub, condition);
  const statusAfter = async (ms: number) => {
    hub.clock.advance(ms);
    return (await row(hub)).status;
  };
  assert.deepEqual(
    [await statusAfter(24_000), await statusAfter(2000), await statusAfter(28_000), await statusAfter(2000)],
    ['active', 'idle', 'idle', 'offline'],
  );
  await beat(hub, { ...condition, interval_ms: 600_000 });
  assert.equal(await statusAfter(1_400_000), 'active');
  await hub.close();
});

test('a row tells what the agent says of itself, and its last error with what to do', async (context) => {
  const hub = await startHub(context);
  await registered(hub);
  const lastError = { reason: '/a.log: EACCES', at: '2026-01-01T00:00:00.000Z', cause: 'file' };
  await beat(hub, { ...condition, last_error: lastError });
  const { lag_bytes, lag_ms, spool_bytes, spool_bytes_max, dead_letters, heartbeat_ms, last_error } =
    await row(hub);
  assert.deepEqual(
    [lag_bytes, lag_ms, spool_bytes, spool_bytes_max, dead_letters, heartbeat_ms],
    [7, 1500, 8, 64, 9, 10_000],
  );
  assert.deepEqual([last_error.reason, last_error.at], [lastError.reason, lastError.at]);
  assert.match(last_error.hint, /rights/);
  await hub.close();
});

test('lines and bytes are counted by hour for a day, and outlive a restart', async (context) => {
  const directory = directoryFor(context);
  const first = await startHub(context, { directory });
  await first.ask(ingest, { body: envelope(0, ['one', 'two']) });
  first.clock.advance(2 * hourMs);
  await first.ask(ingest, { body: envelope(8, ['three']) });
  await first.close();
  const hub = await startHub(context, { directory, clock: first.clock });
  const { hours } = await row(hub);
  assert.equal(hours.from, '2025-12-31T03:00:00.000Z');
  assert.deepEqual(hours.lines.slice(-3), [2, 0, 1]);
  assert.deepEqual(hours.bytes.slice(-3), [6, 0, 5]);
  assert.equal(hours.lines.length, 24);
  hub.clock.advance(22 * hourMs);
  assert.deepEqual((await row(hub)).hours.lines.slice(0, 3), [0, 1, 0]);
  await hub.close();
});

test('the detail of an agent is what it said last, and is forgotten with it', async (context) => {
  const hub = await startHub(context);
  await registered(hub);
  const stream = { stream: 'a'.repeat(32), path: '/a.log', position: 9, size: 10, watermark: 8, lag_ms: 3 };
  const detail = {
    stream_count: 1,
    streams: [{ ...stream, trouble: null }],
    configuration: { 'output.key': '********' },
    transitions: [{ at: '2026-01-01T00:00:00.000Z', level: 'info', event: 'agent.started', message: 'hi' }],
  };
  assert.equal((await hub.ask('/api/agent/web')).json.detail, null);
  await beat(hub, { ...condition, detail });
  await beat(hub, condition);
  const told = (await hub.ask('/api/agent/web')).json.detail;
  assert.deepEqual(told, { at: '2026-01-01T00:00:00.000Z', ...detail });
  await hub.ask('/api/agent/web', { method: 'DELETE' });
  await registered(hub);
  assert.equal((await hub.ask('/api/agent/web')).json.detail, null);
  await hub.close();
});

test('a row says whether all is there', async (context) => {
  const hub = await startHub(context);
  await hub.ask(ingest, { body: envelope(0, ['one']) });
  assert.equal((await row(hub)).proof, null);
  await until('a proof', async () => (await row(hub)).proof !== null);
  assert.deepEqual((await row(hub)).proof, {
    ...{ at: '2026-01-01T00:00:00.000Z', complete: true, missing_bytes: 0, gap_bytes: 0 },
  });
  await hub.close();
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directoryFor, envelope, type HubUnderTest, ndjson, startHub } from '../../test/hub/fixture.ts';

const ingest = '/api/agent/ingest-batch';
const streams = ['a'.repeat(32), 'b'.repeat(32)];

async function texts(hub: HubUnderTest, target: string): Promise<string[]> {
  const { text, json } = await hub.ask(target);
  return (Array.isArray(json) ? json : ndjson(text)).map((line: { text: string }) => line.text);
}

test('the export gives each stream in the order of its file, whatever came first', async (context) => {
  const hub = await startHub(context);
  await hub.ask(ingest, { body: envelope(4, ['a2'], { stream: streams[0]! }) });
  await hub.ask(ingest, { body: envelope(0, ['b1'], { stream: streams[1]! }) });
  await hub.ask(ingest, { body: envelope(0, ['a11'], { stream: streams[0]! }) });
  assert.deepEqual(await texts(hub, '/api/export'), ['a11', 'a2', 'b1']);
  assert.deepEqual(await texts(hub, `/api/export?stream=${streams[1]}`), ['b1']);
  const [line] = ndjson((await hub.ask('/api/export?agent=web')).text);
  assert.deepEqual(
    { ...line, id: undefined },
    {
      ...{ agent: 'web', source: 'a.log', stream: streams[0], path: '/var/log/a.log' },
      ...{ from: 0, to: 4, text: 'a11', received_at: '2026-01-01T00:00:00.000Z', id: undefined },
    },
  );
  await hub.close();
});

test('an agent nobody has heard of is 404, in the export and elsewhere', async (context) => {
  const hub = await startHub(context);
  for (const path of ['/api/export?agent=x', '/api/lines?agent=x', '/api/streams?agent=x', '/api/agent/x']) {
    const reply = await hub.ask(path);
    assert.deepEqual([reply.status, reply.json?.code], [404, 'AGENT_UNKNOWN'], path);
  }
  await hub.close();
});

test('the newest lines come oldest first, of all agents or of one', async (context) => {
  const hub = await startHub(context);
  for (const [index, agent] of ['web', 'db', 'web'].entries()) {
    hub.clock.advance(1000);
    await hub.ask(ingest, { body: envelope(index * 3, [`l${index}`], { agent }) });
  }
  assert.deepEqual(await texts(hub, '/api/lines?limit=2'), ['l1', 'l2']);
  assert.deepEqual(await texts(hub, '/api/lines?agent=web'), ['l0', 'l2']);
  assert.equal((await hub.ask('/api/lines?limit=many')).status, 400);
  await hub.close();
});

test('a fork is shown with the stream that it disagrees with', async (context) => {
  const hub = await startHub(context);
  await hub.ask(ingest, { body: envelope(0, ['one']) });
  await hub.ask(ingest, { body: envelope(0, ['two']) });
  await hub.ask(ingest, { body: envelope(0, ['two']) });
  const shown = (await hub.ask('/api/streams')).json.streams;
  assert.deepEqual(
    shown.map((one: Record<string, unknown>) => [one.stream, one.fork_of, one.lines, one.duplicates]),
    [
      [streams[0], null, 1, 0],
      [`${streams[0]}~1`, streams[0], 1, 1],
    ],
  );
  await hub.close();
});

test('an agent is active, then idle, then offline, and a heartbeat brings it back', async (context) => {
  const directory = directoryFor(context);
  const hub = await startHub(context, { directory });
  await hub.ask('/api/agent/register', { body: { agent_id: 'web', hostname: 'web-1', os_type: 'Linux' } });
  const states = async (from: HubUnderTest) => {
    const { agents, total, active, inactive, offline } = (await from.ask('/api/agents')).json;
    return [agents.web.status, total, active, inactive, offline];
  };
  assert.deepEqual(await states(hub), ['active', 1, 1, 0, 0]);
  hub.clock.advance(200_000);
  assert.deepEqual(await states(hub), ['idle', 1, 0, 1, 0]);
  hub.clock.advance(200_000);
  assert.deepEqual(await states(hub), ['offline', 1, 0, 0, 1]);
  const report = { lag_bytes: 7, spool_bytes: 8, dead_letters: 9, version: '1.2.3' };
  await hub.ask('/api/agent/heartbeat', { body: { agent_id: 'web', almadia: report } });
  await hub.ask(ingest, { body: envelope(0, ['one', 'three']) });
  await hub.close();

  const again = await startHub(context, { directory, clock: hub.clock });
  assert.deepEqual(await states(again), ['active', 1, 1, 0, 0]);
  const { agent } = (await again.ask('/api/agent/web')).json;
  const expected = {
    ...{ agent_id: 'web', hostname: 'web-1', os_type: 'Linux', status: 'active', type: 'ila-soc' },
    registered_at: '2026-01-01T00:00:00.000Z',
    last_heartbeat: '2026-01-01T00:06:40.000Z',
    last_seen: '2026-01-01T00:06:40.000Z',
    ...{ lines: 2, bytes: 8, ...report },
  };
  assert.deepEqual({ ...agent, ...expected }, agent);
  await again.close();
});

test('a removed agent is forgotten, its lines are kept, and it must register again', async (context) => {
  const hub = await startHub(context);
  await hub.ask('/api/agent/register', { body: { agent_id: 'web' } });
  await hub.ask(ingest, { body: envelope(0, ['one']) });
  assert.equal((await hub.ask('/api/agent/web', { method: 'DELETE' })).json.status, 'success');
  assert.equal((await hub.ask('/api/agent/web', { method: 'DELETE' })).status, 404);
  assert.equal((await hub.ask('/api/agents')).json.total, 0);
  assert.equal((await hub.ask('/api/agent/heartbeat', { body: { agent_id: 'web' } })).status, 404);
  assert.deepEqual(await texts(hub, '/api/export?agent=web'), ['one']);
  await hub.ask('/api/agent/register', { body: { agent_id: 'web' } });
  const again = await hub.ask(ingest, { body: envelope(0, ['one']) });
  assert.equal(again.json.almadia.duplicates, 1);
  await hub.close();
});

test('a stopped hub answers 503 and lets another open its store', async (context) => {
  const hub = await startHub(context);
  await hub.close();
  const reply = await hub.ask('/api/agents');
  assert.deepEqual([reply.status, reply.json.code], [503, 'BUSY']);
  await (await startHub(context, { directory: hub.directory })).close();
});

test('the audit gives each stream, and whether all is complete in its last line', async (context) => {
  const hub = await startHub(context);
  await hub.ask(ingest, { body: envelope(0, ['a1'], { stream: streams[0]! }) });
  await hub.ask(ingest, { body: envelope(7, ['b9'], { stream: streams[1]! }) });
  const [first, second, end] = ndjson((await hub.ask('/api/audit?agent=web&content=1')).text);
  assert.deepEqual([first!.stream, first!.complete_to, first!.missing], [streams[0], 3, []]);
  assert.deepEqual(second!.missing, [{ from: 0, to: 7, why: 'never-arrived' }]);
  assert.deepEqual(end, { complete: false, streams: 2, epochs: 0 });
  assert.equal((await hub.ask('/api/audit?agent=nobody')).status, 404);
  await hub.close();
});

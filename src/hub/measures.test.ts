import assert from 'node:assert/strict';
import { test } from 'node:test';
import { envelope, startHub } from '../../test/hub/fixture.ts';

test('metrics tell of every agent, whatever it calls itself, to whom brings the key', async (context) => {
  const hub = await startHub(context);
  const hostile = 'a"} 7\nforged{x="\\';
  for (const agent of ['web', hostile]) {
    await hub.ask('/api/agent/register', { body: { agent_id: agent } });
    await hub.ask('/api/agent/ingest-batch', { body: envelope(0, ['one', 'two'], { agent }) });
  }
  const almadia = { lag_bytes: 7, spool_bytes: 8, dead_letters: 9, version: '1' };
  await hub.ask('/api/agent/heartbeat', { body: { agent_id: 'web', almadia } });
  const { status, headers, text } = await hub.ask('/metrics');
  assert.deepEqual([status, headers['content-type']], [200, 'text/plain; version=0.0.4; charset=utf-8']);
  const lines = text.split('\n');
  for (const line of [
    'almadia_hub_agents{state="active"} 2',
    'almadia_hub_agent_lines_total{agent="web"} 2',
    'almadia_hub_agent_bytes_total{agent="web"} 6',
    'almadia_hub_agent_lag_bytes{agent="web"} 7',
    'almadia_hub_agent_dead_letters{agent="web"} 9',
    'almadia_hub_agent_lines_total{agent="a\\"} 7\\nforged{x=\\"\\\\"} 2',
  ]) {
    assert.ok(lines.includes(line), line);
  }
  assert.equal(
    lines.some((line) => line.startsWith('forged')),
    false,
  );
  assert.equal((await hub.ask('/metrics', { key: null })).status, 401);
  await hub.close();
});

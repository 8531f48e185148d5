import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metrics } from '../host/metrics.ts';
import type { HttpRequest } from '../host/net.ts';
import type { Agent } from './agent.ts';
import type { Audit } from './audit.ts';
import { handleControl, handleMetrics } from './control.ts';
import type { AgentStatus } from './status.ts';

function request(method: string, path: string, body = ''): HttpRequest {
  return {
    method,
    path,
    query: '',
    headers: {},
    body: Buffer.from(body),
    remoteAddress: '',
    signal: new AbortController().signal,
  };
}

function agent(): Pick<Agent, 'status' | 'deadLetters' | 'audit'> & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    audit: (sinceMs) => {
      asked.push(['audit', sinceMs]);
      return asked.length > 1 ? null : ({ output: 'default' } as Audit);
    },
    status: () =>
      ({
        output: { connection: 'away', lastAckAtMs: 5000 },
        buffer: { spooledBytes: 9, spoolBytesMax: 10, spooledRecords: 3, heldRecords: 1, full: false },
        deadLetters: { batches: 0, records: 2, bytes: 0 },
        streams: [
          { lagBytes: 5, lagMs: 3000, trouble: null },
          { lagBytes: 6, lagMs: 1000, trouble: 'EACCES' },
        ],
        ledger: { openStreams: 1, firstPath: '/a' },
        totals: { ackedLines: 7, filteredLines: { 'bl"ank\n': 4 } },
        residentBytes: 1,
      }) as unknown as AgentStatus,
    deadLetters: {
      list: () => [],
      body: (id) => (id === 'default/1' ? Buffer.from([0xff, 0x0a]) : null),
      replay: (ids) => {
        asked.push(['replay', ids]);
        return 2;
      },
      drop: (ids) => {
        asked.push(['drop', ids]);
        return 1;
      },
    },
  };
}

test('gives the status, and the bytes of a dead letter as they are', () => {
  const one = agent();
  const status = handleControl(one, request('GET', '/status'));
  assert.equal((JSON.parse(status.body as string) as AgentStatus).output.connection, 'away');
  const body = handleControl(one, request('GET', '/dead-letters/default%2F1')).body;
  assert.deepEqual([...(body as Uint8Array)], [0xff, 0x0a]);
  for (const path of ['/dead-letters/default%2F2', '/dead-letters/%', '/other']) {
    assert.equal(handleControl(one, request('GET', path)).status, 404, path);
  }
});

test('gives the audit since a time, and says so when it cannot be told', () => {
  const one = agent();
  const since = { ...request('GET', '/audit'), query: 'since=5000' };
  assert.deepEqual(JSON.parse(handleControl(one, since).body as string), { output: 'default' });
  const waits = handleControl(one, request('GET', '/audit'));
  assert.equal(waits.status, 503);
  assert.equal(JSON.parse(waits.body as string).code, 'AUDIT_WAITS');
  assert.equal(handleControl(one, { ...since, query: 'since=now' }).status, 400);
  assert.deepEqual(one.asked, [
    ['audit', 5000],
    ['audit', null],
  ]);
});

test('replays and drops what is named, and refuses anything else', () => {
  const one = agent();
  const replay = handleControl(one, request('POST', '/dead-letters/replay', '{"ids":["default/1"]}'));
  assert.deepEqual(JSON.parse(replay.body as string), { count: 2 });
  handleControl(one, request('POST', '/dead-letters/drop', '{"ids":"all"}'));
  for (const body of ['', '{', 'null', '{}', '{"ids":5}', '{"ids":[5]}', '{"ids":"some"}']) {
    assert.equal(handleControl(one, request('POST', '/dead-letters/drop', body)).status, 400, body);
  }
  assert.deepEqual(one.asked, [
    ['replay', ['default/1']],
    ['drop', 'all'],
  ]);
});

test('gives metrics in the Prometheus text format, and its health', () => {
  const one = agent();
  const metrics = handleMetrics(one, new Metrics(), request('GET', '/metrics'));
  const lines = (metrics.body as string).split('\n');
  for (const line of [
    'almadia_connected 0',
    'almadia_last_ack_timestamp_seconds 5',
    'almadia_acked_lines_total 7',
    'almadia_buffered_lines 4',
    'almadia_lag_bytes 11',
    'almadia_lag_seconds 3',
    'almadia_troubled_streams 1',
    'almadia_ledger_open_streams 1',
    'almadia_filtered_lines_total{reason="bl_ank_"} 4',
    '# TYPE almadia_acked_lines_total counter',
  ]) {
    assert.ok(lines.includes(line), line);
  }
  const health = handleMetrics(one, new Metrics(), request('GET', '/health'));
  assert.equal(health.status, 200);
  assert.deepEqual(JSON.parse(health.body as string), {
    status: 'degraded',
    connection: 'away',
    buffer_full: false,
  });
  assert.equal(handleMetrics(one, new Metrics(), request('GET', '/status')).status, 404);
});

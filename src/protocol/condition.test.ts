import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Condition,
  type Detail,
  encodeCondition,
  encodeDetail,
  readCondition,
  readDetail,
} from './condition.ts';

const condition: Condition = {
  ...{ intervalMs: 60_000, lagMs: 1500, spoolBytesMax: 1024, openStreams: 0 },
  lastError: { reason: 'nobody answers', atMs: Date.UTC(2026, 0, 1), cause: 'away' },
};

function streamOf(number: number, path = '/var/log/a.log'): Detail['streams'][number] {
  const stream = number.toString(16).padStart(32, '0');
  return { stream, path, position: 10, size: 20, watermark: 5, lagMs: 7, trouble: null };
}

const detail: Detail = {
  streamCount: 2,
  streams: [streamOf(1), { ...streamOf(2), trouble: 'EACCES' }],
  configuration: { 'batch.bytes': '1MiB', 'output.key': '********' },
  transitions: [{ atMs: 5000, level: 'warn', event: 'file.rotated', message: 'rotated' }],
};

const overTheWire = (value: unknown) => JSON.parse(JSON.stringify(value));

test('a condition arrives as it was told', () => {
  assert.deepEqual(readCondition(overTheWire(encodeCondition(condition))), condition);
  const calm = { ...condition, lastError: null };
  assert.deepEqual(readCondition(overTheWire(encodeCondition(calm))), calm);
});

test('a detail arrives as it was told', () => {
  assert.deepEqual(readDetail(overTheWire(encodeDetail(detail))), detail);
});

test('ten thousand streams with long names take no more of a heartbeat than may be', () => {
  const streams = Array.from({ length: 10_000 }, (_, index) => streamOf(index, `/${'ñ'.repeat(400)}`));
  const configuration = Object.fromEntries(streams.map(({ stream, path }) => [stream, path]));
  const transitions = streams.map(({ path }) => ({ ...detail.transitions[0]!, message: path.repeat(10) }));
  const told = encodeDetail({ ...detail, streams, configuration, transitions });
  assert.ok(JSON.stringify(told).length < 256 * 1024);
  const read = readDetail(overTheWire(told))!;
  assert.deepEqual([read.streams[0], read.transitions.length], [streams[0], 50]);
  assert.ok(read.streams.length > 10);
});

test('what is not well-formed is passed over', () => {
  const told = overTheWire(encodeDetail(detail));
  for (const wrong of [null, [], 7, { ...told, stream_count: -1 }]) assert.equal(readDetail(wrong), null);
  const mixed = {
    stream_count: 9,
    streams: [null, 7, { ...told.streams[0], path: 7 }, { ...told.streams[0], size: -1 }, told.streams[0]],
    configuration: { a: 7, b: 'text', c: { d: 1 } },
    transitions: [
      { ...told.transitions[0], level: 'loud' },
      { ...told.transitions[0], at: 'once' },
    ],
  };
  assert.deepEqual(readDetail(mixed), {
    ...{ streamCount: 9, streams: [detail.streams[0]], configuration: { b: 'text' }, transitions: [] },
  });
  const encoded = overTheWire(encodeCondition(condition));
  assert.equal(readCondition({ ...encoded, lag_ms: 'long' }), null);
  assert.equal(
    readCondition({ ...encoded, last_error: { reason: '', at: 0, cause: 'away' } })?.lastError,
    null,
  );
});

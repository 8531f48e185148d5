/** The page's small pure parts: numbers and times in words, colours, the address, the hub's JSON. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFragment, writeFragment } from '../../web/address.ts';
import { readAgents } from '../../web/agent-wire.ts';
import { hueClass } from '../../web/colour.ts';
import { formatAgo, formatBytes, formatClock, formatCount, formatInstant } from '../../web/format.ts';
import { parseJson } from '../../web/json.ts';
import { readLine, readLines, readSkipped } from '../../web/wire.ts';

test('counts and sizes are grouped and rounded; what is not known is a dash', () => {
  assert.equal(formatCount(1234567), '1,234,567');
  assert.equal(formatCount(null), '–');
  assert.deepEqual([0, 1023, 1024, 1536, 1048575, 1 << 20, null].map(formatBytes), [
    '0 B',
    '1,023 B',
    '1.0 KiB',
    '1.5 KiB',
    '1.0 MiB',
    '1.0 MiB',
    '–',
  ]);
});

test('a time ago is said in the largest unit that says enough', () => {
  assert.deepEqual(
    [-5_000, 1_999, 2_000, 59_999, 60_000, 3_599_999, 3_600_000, 47 * 3_600_000, 48 * 3_600_000].map(
      formatAgo,
    ),
    ['now', 'now', '2 s ago', '59 s ago', '1 min ago', '59 min ago', '1 h ago', '47 h ago', '2 d ago'],
  );
});

test('a line of today has its time with milliseconds, an older one its date too', () => {
  const time = new Date(2025, 10, 2, 3, 4, 5, 6).getTime();
  assert.equal(formatClock(time, time), '03:04:05.006');
  assert.equal(formatClock(time, time + 86_400_000), '11-02 03:04:05.006');
  assert.match(formatInstant(time), /^2025-11-02 03:04:05\.006 [+-]\d\d:\d\d$/);
  assert.equal(formatClock(Number.NaN, time), '–');
});

test('a name keeps its colour, and neighbours differ', () => {
  assert.equal(hueClass('web-1'), hueClass('web-1'));
  const hues = new Set(Array.from({ length: 40 }, (_, index) => hueClass(`web-${index}`)));
  assert.ok(hues.size >= 8, `only ${hues.size} colours`);
  for (const hue of hues) assert.match(hue, /^hue-(\d|1[01])$/);
});

test('the address gives a key and an agent, and never keeps the key', () => {
  assert.deepEqual(readFragment('#key=alm_x%2Fy&agent=a%20b'), { key: 'alm_x/y', agent: 'a b' });
  assert.deepEqual(readFragment(''), { key: null, agent: null });
  assert.deepEqual(readFragment(writeFragment('a&key=1')), { key: null, agent: 'a&key=1' });
  assert.equal(writeFragment(null), '');
});

test('agents are ordered by host name, with neutral values for what is absent or of another type', () => {
  const agents = readAgents({
    agents: {
      b: { hostname: 'z', status: 'active', last_seen: '2025-11-22T10:00:00.000Z', lines: 5, lag_bytes: 0 },
      a: { hostname: 7, status: 'unheard of', last_seen: 1000, lines: -1 },
    },
  });
  assert.deepEqual(
    agents.map((agent) => [agent.hostname, agent.status, agent.lastSeenMs, agent.lines, agent.lagBytes]),
    [
      ['a', 'offline', 1000, null, null],
      ['z', 'active', Date.UTC(2025, 10, 22, 10), 5, 0],
    ],
  );
  assert.deepEqual(readAgents(null), []);
});

test('a line needs an id and a text; the rest may be absent', () => {
  assert.equal(readLine({ text: 'x' }), null);
  assert.equal(readLine(undefined), null);
  assert.equal(readLine({ id: 7, text: '' })?.id, '7');
  assert.equal(readLines([{ id: 'a', text: 'x' }, 5, { id: 1 }]).length, 1);
  assert.deepEqual(readLines({}), []);
  assert.equal(readSkipped({ count: 12 }), 12);
  assert.equal(readSkipped(parseJson('{')), null);
});

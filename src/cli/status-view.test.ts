import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertGolden } from '../../test/support/golden.ts';
import type { AgentStatus } from '../agent/status.ts';
import { openScreen } from './screen.ts';
import { shortBytes, shortDuration } from './show.ts';
import { statusLines } from './status-view.ts';

const nowMs = Date.UTC(2026, 0, 2);

const stream = {
  id: 'a',
  path: '/var/log/app.log',
  status: 'followed',
  size: 5000,
  position: 5000,
  grownAtMs: nowMs,
  trouble: null,
  watermark: 5000,
  lagBytes: 0,
  lagMs: 0,
} as const;

const connected: AgentStatus = {
  agentId: '4f0423cc',
  hostname: 'web1',
  osType: 'Linux',
  version: '0.1.0',
  pid: 7,
  startedAtMs: nowMs - 3 * 3_600_000,
  nowMs,
  stateDirectory: '/var/lib/almadia',
  residentBytes: 64 * 1024 * 1024,
  output: {
    name: 'default',
    type: 'hub',
    url: 'http://hub:5000',
    connection: 'connected',
    sinceMs: nowMs - 61_000,
    lastAckAtMs: nowMs,
    lastError: null,
    nextTryAtMs: null,
  },
  buffer: {
    spooledBatches: 0,
    spooledRecords: 0,
    spooledBytes: 0,
    spoolBytesMax: 1024 ** 3,
    heldRecords: 0,
    full: false,
  },
  chain: null,
  deadLetters: { batches: 0, records: 0, bytes: 0 },
  streams: [stream],
  ledger: { openStreams: 0, firstPath: null },
  totals: {
    ackedLines: 1234,
    ackedBytes: 5000,
    filteredLines: {},
    cutLines: 0,
    gapBytes: 0,
    skippedBytes: 0,
    possibleRepeats: 0,
  },
};

const troubled: AgentStatus = {
  ...connected,
  output: {
    ...connected.output,
    connection: 'refused',
    lastError: { reason: 'the key is refused\u001b[2J', atMs: nowMs - 5000, cause: 'refused' },
    nextTryAtMs: nowMs + 30_000,
  },
  buffer: { ...connected.buffer, spooledRecords: 41, heldRecords: 1, spooledBytes: 1024 ** 3, full: true },
  deadLetters: { batches: 2, records: 3, bytes: 400 },
  ledger: { openStreams: 1, firstPath: '/var/log/evil\u001b.log' },
  streams: [
    stream,
    {
      ...stream,
      path: '/var/log/evil\n\u001b]0;name.log',
      size: 9_000_000,
      lagBytes: 8_995_000,
      lagMs: 4_000_000,
      trouble: 'EACCES: permission denied',
    },
  ],
};

for (const language of ['en', 'es'] as const) {
  test(`shows seed B's screen, then the files (${language})`, () => {
    const said = [connected, troubled, { ...connected, streams: [] }].map((status) =>
      statusLines(status, language).join('\n'),
    );
    assert.ok(!said.join('').includes('\u001b'));
    assertGolden(`status.${language}.txt`, `${said.join('\n\n==\n\n')}\n`);
  });
}

test('writes amounts with at most three digits', () => {
  assert.deepEqual([0, 999, 1000, 1024, 15_000_000, 5 * 1024 ** 4].map(shortBytes), [
    '0 B',
    '999 B',
    '1.0 KiB',
    '1.0 KiB',
    '14 MiB',
    '5.0 TiB',
  ]);
  assert.deepEqual([-5, 900, 59_400, 60_000, 7_800_000, 7_200_000, 10 ** 8].map(shortDuration), [
    '0 s',
    '1 s',
    '59 s',
    '1 min',
    '2 h 10 min',
    '2 h',
    '1 d 3 h',
  ]);
});

function screenOf(redraw: boolean): { said: () => string; screen: ReturnType<typeof openScreen> } {
  let said = '';
  const screen = openScreen(
    {
      terminal: redraw,
      columns: 10,
      rows: 4,
      out: (text) => {
        said += text;
      },
      err: () => undefined,
      write: () => Promise.resolve(),
    },
    { redraw },
  );
  return { said: () => said, screen };
}

test('redraws in place, within the terminal, and gives the terminal back', () => {
  const { said, screen } = screenOf(true);
  screen.show(['0123456789abc', 'b', 'c', 'd', 'e']);
  screen.close();
  const text = said();
  assert.ok(text.startsWith('\u001b[?1049h\u001b[?25l\u001b[H0123456789\u001b[K\nb'));
  assert.ok(!text.includes('abc') && !text.includes('d\u001b[K'));
  assert.ok(text.endsWith('\u001b[?25h\u001b[?1049l'));
});

test('without a terminal there are no control sequences', () => {
  const { said, screen } = screenOf(false);
  screen.show(['a', 'b']);
  screen.show(['c']);
  screen.close();
  assert.equal(said(), 'a\nb\nc\n');
});

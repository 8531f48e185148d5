/**
 * The agent's metrics, made from its status when they are asked for: one table, so that names, types and meanings
 * stand in one place. Totals are the ledger's, so they go on over a restart. No paths: they would be labels without
 * bound.
 */
import type { Metrics } from '../host/metrics.ts';
import type { AgentStatus } from './status.ts';

interface Measure {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly value: (status: AgentStatus) => number;
}

export const measures: readonly Measure[] = [
  {
    name: 'almadia_connected',
    type: 'gauge',
    help: '1 when the last answer of the destination was a success',
    value: ({ output }) => (output.connection === 'connected' ? 1 : 0),
  },
  {
    name: 'almadia_last_ack_timestamp_seconds',
    type: 'gauge',
    help: 'when the destination took a batch last, seconds since the epoch; 0: not yet',
    value: ({ output }) => (output.lastAckAtMs ?? 0) / 1000,
  },
  {
    name: 'almadia_acked_lines_total',
    type: 'counter',
    help: 'lines that the destination has taken',
    value: ({ totals }) => totals.ackedLines,
  },
  {
    name: 'almadia_acked_bytes_total',
    type: 'counter',
    help: 'bytes of those lines, as they stand in their files',
    value: ({ totals }) => totals.ackedBytes,
  },
  {
    name: 'almadia_cut_lines_total',
    type: 'counter',
    help: 'lines cut at a limit',
    value: ({ totals }) => totals.cutLines,
  },
  {
    name: 'almadia_gap_bytes_total',
    type: 'counter',
    help: 'bytes that could no longer be read',
    value: ({ totals }) => totals.gapBytes,
  },
  {
    name: 'almadia_skipped_bytes_total',
    type: 'counter',
    help: 'bytes before start_at, skipped on purpose',
    value: ({ totals }) => totals.skippedBytes,
  },
  {
    name: 'almadia_possible_repeat_lines_total',
    type: 'counter',
    help: 'lines sent again to a destination that cannot tell repeats',
    value: ({ totals }) => totals.possibleRepeats,
  },
  {
    name: 'almadia_spool_bytes',
    type: 'gauge',
    help: 'bytes kept on disk for the destination',
    value: ({ buffer }) => buffer.spooledBytes,
  },
  {
    name: 'almadia_spool_bytes_max',
    type: 'gauge',
    help: 'the most that is kept on disk; past it files wait',
    value: ({ buffer }) => buffer.spoolBytesMax,
  },
  {
    name: 'almadia_buffered_lines',
    type: 'gauge',
    help: 'lines read and not yet taken by the destination',
    value: ({ buffer }) => buffer.spooledRecords + buffer.heldRecords,
  },
  {
    name: 'almadia_dead_letter_lines',
    type: 'gauge',
    help: 'lines set aside, kept and replayable',
    value: ({ deadLetters }) => deadLetters.records,
  },
  {
    name: 'almadia_streams',
    type: 'gauge',
    help: 'generations of files that are known',
    value: ({ streams }) => streams.length,
  },
  {
    name: 'almadia_troubled_streams',
    type: 'gauge',
    help: 'of these, those that cannot be read at present',
    value: ({ streams }) => streams.filter((stream) => stream.trouble !== null).length,
  },
  {
    name: 'almadia_ledger_open_streams',
    type: 'gauge',
    help: 'of these, those whose ledger does not close: almadia audit tells more',
    value: ({ ledger }) => ledger.openStreams,
  },
  {
    name: 'almadia_lag_bytes',
    type: 'gauge',
    help: 'bytes of the files that are not settled, together',
    value: ({ streams }) => streams.reduce((total, stream) => total + stream.lagBytes, 0),
  },
  {
    name: 'almadia_lag_seconds',
    type: 'gauge',
    help: 'how long the oldest of them may have waited',
    value: ({ streams }) => streams.reduce((most, stream) => Math.max(most, stream.lagMs), 0) / 1000,
  },
  {
    name: 'almadia_resident_bytes',
    type: 'gauge',
    help: 'memory of the process',
    value: ({ residentBytes }) => residentBytes,
  },
];

const filtered = 'almadia_filtered_lines_total';

export function takeMeasures(status: AgentStatus, metrics: Metrics): void {
  for (const { name, type, help, value } of measures) {
    metrics.declare(name, type, help);
    metrics.set(name, value(status));
  }
  metrics.declare(filtered, 'counter', 'lines left out on purpose, by reason');
  for (const [reason, lines] of Object.entries(status.totals.filteredLines)) {
    metrics.set(filtered, lines, `reason="${reason.replace(/["\\\n]/g, '_')}"`);
  }
}

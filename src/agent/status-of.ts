/** Puts together what a running agent tells of itself. Reads only. */
import type { Host } from '../host/host.ts';
import type { AgentSettings } from '../settings/agent.ts';
import type { StreamStatus } from '../source/source.ts';
import type { Account } from './account.ts';
import type { Delivery } from './delivery.ts';
import type { Journal } from './journal.ts';
import type { Standing } from './links.ts';
import type { Outbox } from './outbox.ts';
import type { AgentStatus } from './status.ts';

export interface StatusParts {
  readonly host: Pick<Host, 'clock' | 'process'>;
  readonly settings: AgentSettings;
  readonly agentId: string;
  readonly version: string;
  readonly startedAtMs: number;
  readonly outbox: Outbox;
  readonly delivery: Delivery;
  readonly journal: Journal;
  readonly streams: readonly StreamStatus[];
  readonly openAccounts: readonly Account[];
  readonly possibleRepeats: number;
}

export function statusOf(parts: StatusParts): AgentStatus {
  const { host, settings, outbox, delivery, journal } = parts;
  const nowMs = host.clock.now();
  const { totals } = outbox;
  const waitsMs = delivery.waitsMs;
  return {
    agentId: parts.agentId,
    hostname: host.process.hostname,
    osType: host.process.osType,
    version: parts.version,
    pid: host.process.pid,
    startedAtMs: parts.startedAtMs,
    nowMs,
    stateDirectory: settings.agent.stateDirectory,
    residentBytes: host.process.residentBytes(),
    output: {
      name: settings.output.name,
      type: settings.output.type,
      url: withoutCredentials(settings.output.url),
      connection: delivery.connection,
      sinceMs: delivery.connectionSinceMs,
      lastAckAtMs: delivery.lastAckAtMs,
      lastError:
        journal.trouble === null
          ? delivery.lastError
          : { reason: journal.trouble, atMs: nowMs, cause: 'state' },
      nextTryAtMs: waitsMs === null ? null : nowMs + waitsMs,
    },
    chain: chainOf(outbox.links.standing),
    buffer: bufferOf(outbox, settings.spool.bytesMax),
    deadLetters: deadOf(outbox),
    streams: parts.streams.map((stream) => withLag(stream, { outbox, nowMs })),
    ledger: { openStreams: parts.openAccounts.length, firstPath: parts.openAccounts[0]?.path ?? null },
    totals: {
      ackedLines: totals.ackedLines,
      ackedBytes: totals.ackedBytes,
      filteredLines: { ...totals.filteredLines },
      cutLines: totals.cutLines,
      gapBytes: totals.gapBytes,
      skippedBytes: totals.skippedBytes,
      possibleRepeats: parts.possibleRepeats,
    },
  };
}

function bufferOf(outbox: Outbox, spoolBytesMax: number): AgentStatus['buffer'] {
  let spooledBatches = 0;
  let spooledRecords = 0;
  let heldRecords = 0;
  for (const { stored } of outbox.queue.pending) {
    if (stored.status === 'spooled') {
      spooledBatches += 1;
      spooledRecords += stored.batch.records;
    } else heldRecords += stored.batch.records;
  }
  const { spooledBytes } = outbox;
  return { spooledBatches, spooledRecords, spooledBytes, spoolBytesMax, heldRecords, full: !outbox.hasRoom };
}

function chainOf({ hub, last, receipts, refused }: Standing): AgentStatus['chain'] {
  if (hub === null || last === null) return null;
  const { id: hubId, publicKey } = hub;
  const { epoch, sequence } = last;
  return { hubId, publicKey, epoch, sequence, receipts, refused };
}

function deadOf(outbox: Outbox): AgentStatus['deadLetters'] {
  let batches = 0;
  let records = 0;
  let bytes = 0;
  for (const { batch } of outbox.aside.batches()) {
    batches += 1;
    records += batch.records;
    bytes += batch.bytes;
  }
  return { batches, records, bytes };
}

function withLag(
  stream: StreamStatus,
  { outbox, nowMs }: { readonly outbox: Outbox; readonly nowMs: number },
): AgentStatus['streams'][number] {
  const watermark = outbox.settlement.marks(stream.id)?.watermark ?? stream.position;
  const lagBytes = Math.max(0, stream.size - watermark);
  const since = outbox.settledAtMs.get(stream.id) ?? stream.grownAtMs;
  const { id, path, status, size, position, grownAtMs, trouble } = stream;
  const lagMs = lagBytes === 0 ? 0 : Math.max(0, nowMs - since);
  // Named one by one: of a spread object each would have a hidden class of its own, for ten thousand streams at a time.
  return { id, path, status, size, position, grownAtMs, trouble, watermark, lagBytes, lagMs };
}

/** A URL as it may be shown: no user, no password, no query. */
function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//').replace(/[?#].*$/, '');
}

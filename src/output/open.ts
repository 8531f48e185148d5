/**
 * From settings to an output. One more type is one more row of a table: of `destinations` for one that speaks a protocol
 * over HTTP, of `writers` for one that writes on this machine.
 */
import { AlmadiaError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import type { LineMemory } from '../lines/line-memory.ts';
import { hub } from '../protocol/hub.ts';
import { ilaSoc } from '../protocol/ila-soc.ts';
import type { Protocol } from '../protocol/protocol.ts';
import { syncLogs, syncLogsBase } from '../protocol/sync-logs.ts';
import type { OutputSettings } from '../settings/agent.ts';
import { openFileOutput } from './file.ts';
import { isSendableKey, openHttpOutput } from './http.ts';
import type { Chaining, Output } from './output.ts';
import type { ByteSink } from './stdout.ts';
import { openStdoutOutput } from './stdout.ts';

export interface OpenOptions {
  readonly agentId: string;
  readonly version: string;
  /** Reads the key again after it was refused; null: it cannot. */
  readonly freshKey: (() => Promise<string | null>) | null;
  /** Where requests are written; without one, in a memory of its own. */
  readonly lineMemory?: LineMemory;
  /** Joins the batches to a hub by links; without it no chain is asked for. */
  readonly chaining?: Chaining;
  /** Where the output `stdout` writes. */
  readonly standardOutput: ByteSink;
}

/** A server that speaks a protocol, and the URL to which the protocol's paths are appended. */
export interface Destination {
  readonly protocol: Protocol;
  readonly baseUrl: string;
}

type Type = OutputSettings['type'];

const destinations: Readonly<Partial<Record<Type, (settings: OutputSettings) => Destination>>> = {
  hub: ({ url }) => ({ protocol: hub, baseUrl: url }),
  'ila-soc': ({ url }) => ({ protocol: ilaSoc, baseUrl: url }),
  'sync-logs': (settings) => ({ protocol: syncLogsOf(settings), baseUrl: syncLogsBase(settings.url) }),
};

type Writer = (host: Host, settings: OutputSettings, options: OpenOptions) => Output;

const writers: Readonly<Partial<Record<Type, Writer>>> = {
  stdout: (_, { format }, { agentId, standardOutput }) =>
    openStdoutOutput(standardOutput, { format, agentId }),
  file: (host, { path, format }, { agentId }) => openFileOutput(host.disk, { path, format, agentId }),
};

/** Where an output sends over the network; null for one that writes on this machine.
 */
export function destinationOf(settings: OutputSettings): Destination | null {
  return destinations[settings.type]?.(settings) ?? null;
}

/** Opens nothing on the network yet. Throws `AlmadiaError` OUTPUT_KEY_UNSENDABLE. */
export function openOutput(host: Host, settings: OutputSettings, options: OpenOptions): Output {
  const destination = destinationOf(settings);
  if (destination !== null) return openHttp(host, settings, { ...options, destination });
  return writers[settings.type]!(host, settings, options);
}

function syncLogsOf(settings: OutputSettings): Protocol {
  return syncLogs({
    source: settings.source,
    bodyBytesMax: settings.bodyBytesMax,
    lineBytesMax: settings.recordBytesMax,
  });
}

function openHttp(
  host: Host,
  settings: OutputSettings,
  options: OpenOptions & { readonly destination: Destination },
): Output {
  const key = settings.key ?? '';
  if (key !== '' && !isSendableKey(key))
    throw new AlmadiaError('OUTPUT_KEY_UNSENDABLE', { output: settings.name });
  const { hostname, osType } = host.process;
  return openHttpOutput(host, {
    ...options.destination,
    agent: { agentId: options.agentId, hostname, osType, version: options.version },
    key,
    freshKey: options.freshKey,
    lineMemory: options.lineMemory,
    chaining: settings.type === 'hub' ? options.chaining : undefined,
    ca: settings.ca,
    certificate: settings.certificate,
    timeoutMs: settings.timeoutMs,
    gzip: settings.gzip,
  });
}

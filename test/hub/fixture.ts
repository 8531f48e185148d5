/** A hub on real pieces in a directory of its own, with a clock that the test moves, and ways to ask it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Clock } from '../../src/host/clock.ts';
import type { Databases } from '../../src/host/database.ts';
import type { HttpRequest, ServerReply } from '../../src/host/net.ts';
import { createHost } from '../../src/host/node/host.ts';
import { silentLog } from '../../src/host/selflog.ts';
import { type Hub, openHub } from '../../src/hub/hub.ts';
import type { Assets } from '../../src/hub/page-routes.ts';
import { type HubSettings, hubDefaults } from '../../src/settings/hub.ts';

/** Time that stands still until `advance`. */
export class ManualClock implements Clock {
  #nowMs = Date.UTC(2026, 0, 1);
  readonly #sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>();

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = {
        atMs: this.#nowMs + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    for (const sleeper of this.#sleepers) if (sleeper.atMs <= this.#nowMs) sleeper.wake();
  }
}

export interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of many shapes.
  readonly json: any;
}

export interface Ask {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string | null;
  readonly address?: string;
  readonly signal?: AbortSignal;
}

export const testKey = 'the-key-of-the-test';

export interface HubUnderTest {
  readonly hub: Hub;
  readonly clock: ManualClock;
  readonly directory: string;
  /** GET without a body, POST with one. Objects go as JSON. */
  ask(target: string, options?: Ask): Promise<Asked>;
  /** The reply as it is, for streams. */
  raw(target: string, options?: Ask): Promise<ServerReply>;
  close(): Promise<void>;
}

export interface HubOptions {
  readonly directory?: string;
  readonly settings?: Partial<HubSettings>;
  readonly databases?: Databases;
  readonly assets?: Assets;
  readonly clock?: ManualClock;
}

export function directoryFor(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-hub-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

export async function startHub(context: TestContext, options: HubOptions = {}): Promise<HubUnderTest> {
  const clock = options.clock ?? new ManualClock();
  const directory = options.directory ?? directoryFor(context);
  const machine = createHost();
  const host = { ...machine, clock, databases: options.databases ?? machine.databases };
  const settings = { dataDirectory: directory, key: testKey, ...hubDefaults, ...options.settings };
  const hub = await openHub(host, settings, silentLog, options.assets);
  const raw = (target: string, ask: Ask = {}) => hub.handle(requestOf(target, ask));
  return {
    hub,
    clock,
    directory,
    raw,
    ask: async (target, ask) => read(await raw(target, ask)),
    close: () => hub.close(),
  };
}

function requestOf(target: string, ask: Ask): HttpRequest {
  const [path = '/', query = ''] = target.split('?', 2);
  const body =
    ask.body instanceof Uint8Array || ask.body === undefined || typeof ask.body === 'string'
      ? Buffer.from(ask.body ?? '')
      : Buffer.from(JSON.stringify(ask.body));
  const key = ask.key === undefined ? testKey : ask.key;
  return {
    method: ask.method ?? (ask.body === undefined ? 'GET' : 'POST'),
    path,
    query,
    headers: { host: 'hub:5000', ...(key === null ? {} : { 'x-api-key': key }), ...ask.headers },
    body,
    remoteAddress: ask.address ?? '127.0.0.1',
    signal: ask.signal ?? new AbortController().signal,
  };
}

async function read(reply: ServerReply): Promise<Asked> {
  const parts: (string | Uint8Array)[] = [];
  if (typeof reply.body === 'string' || reply.body instanceof Uint8Array) parts.push(reply.body);
  else for await (const part of reply.body) parts.push(part);
  const text = Buffer.concat(parts.map((part) => Buffer.from(part))).toString();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: reply.status, headers: reply.headers, text, json };
}

/** An ingest request with the envelope: texts as lines of one segment. */
export function envelope(
  from: number,
  texts: readonly string[],
  options: { stream?: string; agent?: string } = {},
) {
  const ends = texts.map((text) => Buffer.byteLength(text) + 1);
  const to = ends.reduce((sum, length) => sum + length, from);
  return {
    agent_id: options.agent ?? 'web',
    logs: texts.map((text) => ({ log_text: text, source: 'a.log', timestamp: '2026-01-01T00:00:00Z' })),
    almadia: {
      batch_id: `batch-${from}-${to}`,
      segments: [
        { stream: options.stream ?? 'a'.repeat(32), path: '/var/log/a.log', from, to, kind: 'lines', ends },
      ],
    },
  };
}

/** The lines of an NDJSON text. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into lines of many shapes.
export function ndjson(text: string): any[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

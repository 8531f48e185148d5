/**
 * For tests: the whole journey of a line in one process. The real agent follows a real temporary directory and sends
 * over the loopback to a real hub; what the hub exports is compared with what was written.
 *
 * Nothing here sleeps to be right: waiting ends when a condition holds, and is asked again whenever the hub has
 * answered, and now and then.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, startAgent } from '../../src/agent/agent.ts';
import type { Filter } from '../../src/agent/sift.ts';
import type { AgentStatus } from '../../src/agent/status.ts';
import { Bell } from '../../src/host/bell.ts';
import type { Host } from '../../src/host/host.ts';
import { Metrics } from '../../src/host/metrics.ts';
import type { HttpRequest, Server, ServerReply } from '../../src/host/net.ts';
import { createHost } from '../../src/host/node/host.ts';
import type { SelfLog } from '../../src/host/selflog.ts';
import { type Hub, openHub } from '../../src/hub/hub.ts';
import type { AgentSettings, FileSourceSettings } from '../../src/settings/agent.ts';
import {
  agentSection,
  batchSection,
  fileSourceSection,
  outputSection,
  spoolSection,
} from '../../src/settings/declaration.ts';
import { hubDefaults } from '../../src/settings/hub.ts';
import { defaultsOf } from '../../src/settings/setting.ts';

export const journeyKey = 'journey';
const key = journeyKey;
/** For a busy machine; a test that passes never waits so long. */
const patienceMs = 60_000;
/** Lines of files with this in their names are the harness's own. */
const markerName = 'almadia-marker';

export interface JourneyOptions {
  readonly source?: Partial<FileSourceSettings>;
  readonly output?: Partial<AgentSettings['output']>;
  readonly batch?: Partial<AgentSettings['batch']>;
  readonly retry?: Partial<AgentSettings['retry']>;
  readonly spool?: Partial<AgentSettings['spool']>;
  /** Which lines the agent leaves out. */
  readonly filter?: Filter;
  /** The machine of the agent; the hub has a plain one. */
  readonly host?: Host;
  /** Stands before the hub: gives a reply of its own, or what the hub answers. */
  readonly answer?: (request: HttpRequest, hub: () => Promise<ServerReply>) => Promise<ServerReply>;
}

/** A line as the hub exports it. */
export interface ExportedLine {
  readonly agent: string;
  readonly source: string;
  readonly stream: string;
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly raw?: string;
  readonly cut?: boolean;
  readonly original_bytes?: number;
}

export interface HubStream {
  readonly stream: string;
  readonly path: string;
  readonly lines: number;
  readonly duplicates: number;
  readonly fork_of: string | null;
  readonly ranges: readonly unknown[];
  readonly gaps: readonly { readonly from: number; readonly to: number; readonly reason: string }[];
}

export class Journey {
  /** Of everything. */
  readonly home: string;
  /** Where the followed files lie. */
  readonly directory: string;
  readonly stateDirectory: string;
  /** What agent and hub said, in order: `event message`. */
  readonly said: string[] = [];
  readonly #options: JourneyOptions;
  readonly #stirred = new Bell();
  readonly #log: SelfLog;
  #agent: Agent | null = null;
  #hub: { readonly hub: Hub; readonly server: Server } | null = null;
  #port = 0;
  #markers = 0;
  /** Records that reached the hub, of markers and repeats too. */
  #arrived = 0;

  private constructor(home: string, options: JourneyOptions) {
    this.home = home;
    this.directory = join(home, 'logs');
    this.stateDirectory = join(home, 'state');
    this.#options = options;
    this.#log = {
      write: (_level, event, message) => {
        this.said.push(`${event} ${message}`);
      },
    };
  }

  /** A hub that runs and an empty directory; the agent is not started yet. */
  static async open(options: JourneyOptions = {}): Promise<Journey> {
    const home = await mkdtemp(join(tmpdir(), 'almadia-journey-'));
    const journey = new Journey(home, options);
    await mkdir(journey.directory);
    await journey.startHub();
    return journey;
  }

  /** The same, with the agent running. */
  static async start(options: JourneyOptions = {}): Promise<Journey> {
    const journey = await Journey.open(options);
    await journey.startAgent();
    return journey;
  }

  get agent(): Agent {
    assert.ok(this.#agent, 'the agent runs');
    return this.#agent;
  }

  /** The hub's address; its key is `journeyKey`. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get status(): AgentStatus {
    return this.agent.status();
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  async startAgent(changes: JourneyOptions = {}): Promise<void> {
    const host = changes.host ?? this.#options.host ?? createHost();
    this.#agent = await startAgent(host, this.#settings(changes), {
      log: this.#log,
      metrics: new Metrics(),
      version: '0',
      freshKey: null,
      ...(this.#options.filter === undefined ? {} : { filter: this.#options.filter }),
    });
  }

  async stopAgent(drainMs = 5000): Promise<void> {
    await this.#agent?.stop(drainMs);
    this.#agent = null;
  }

  async startHub(): Promise<void> {
    const host = createHost();
    const settings = { ...hubDefaults, dataDirectory: join(this.home, 'hub'), key };
    const hub = await openHub(host, settings, this.#log);
    const listen = { host: '127.0.0.1', port: this.#port };
    const { bodyBytesMax } = settings;
    const server = await host.net.serve(
      { listen, bodyBytesMax, requestTimeoutMs: 10_000 },
      async (request) => {
        const answer = async (): Promise<ServerReply> => {
          const given = await hub.handle(request);
          if (typeof given.body === 'string') this.#arrived += JSON.parse(given.body).total ?? 0;
          return given;
        };
        const reply = await (this.#options.answer?.(request, answer) ?? answer());
        this.#stirred.ring();
        return reply;
      },
    );
    this.#port = server.port;
    this.#hub = { hub, server };
  }

  async stopHub(): Promise<void> {
    const running = this.#hub;
    this.#hub = null;
    await Promise.all([running?.hub.close(), running?.server.close(0)]);
  }

  /** Every line that the hub has, in its order, without the harness's own. */
  async stored(): Promise<readonly ExportedLine[]> {
    const text = await this.ask('/api/export');
    const lines = text.split('\n').filter((line) => line !== '');
    return lines
      .map((line): ExportedLine => JSON.parse(line))
      .filter((line) => !line.source.includes(markerName));
  }

  async streams(): Promise<readonly HubStream[]> {
    const { streams } = JSON.parse(await this.ask('/api/streams')) as { streams: HubStream[] };
    return streams.filter((one) => !one.path.includes(markerName));
  }

  /** Asks the hub, with its key. */
  async ask(target: string): Promise<string> {
    const [path = '/', query = ''] = target.split('?');
    const reply = await this.#hub!.hub.handle({
      method: 'GET',
      path,
      query,
      headers: { 'x-api-key': key },
      body: new Uint8Array(0),
      remoteAddress: '127.0.0.1',
      signal: new AbortController().signal,
    });
    const parts: Buffer[] = [];
    const { body } = reply;
    if (typeof body === 'string' || body instanceof Uint8Array) parts.push(Buffer.from(body));
    else for await (const part of body) parts.push(Buffer.from(part));
    return Buffer.concat(parts).toString();
  }

  /** Waits until the condition holds; fails with what was there and what was said when it never does. */
  async until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const { clock } = createHost();
    const deadline = clock.monotonicMs() + patienceMs;
    const never = new AbortController().signal;
    while (!(await condition())) {
      if (clock.monotonicMs() >= deadline) {
        const lines = (await this.stored())
          .slice(0, 50)
          .map((line) => `${line.path}: ${line.text.slice(0, 80)}`);
        assert.fail(`${what}\nstored:\n${lines.join('\n')}\nsaid:\n${this.said.slice(-40).join('\n')}`);
      }
      // Some conditions (a position, a queue) change without anybody saying so.
      await this.#stirred.wait(clock, 50, never);
    }
  }

  /** Waits until the hub has at least so many lines. */
  async untilCount(count: number): Promise<void> {
    await this.until(`${count} lines arrive`, async () => {
      if (this.#arrived < count) return false;
      const streams = await this.streams();
      return streams.reduce((sum, stream) => sum + stream.lines, 0) >= count;
    });
  }

  /**
   * The hub gets exactly these lines, in any order between files: nothing more comes, neither now nor after the agent
   * is started again and has looked at everything anew.
   */
  async exactly(texts: readonly string[]): Promise<readonly ExportedLine[]> {
    await this.untilCount(texts.length);
    await this.mark();
    await this.#compare(texts);
    await this.stopAgent();
    await this.startAgent();
    await this.mark();
    return await this.#compare(texts);
  }

  /** Waits until a line written now, in a file of its own, has arrived: what happened before was looked at. */
  async mark(): Promise<void> {
    this.#markers += 1;
    const name = `${markerName}-${this.#markers}.log`;
    await writeFile(this.path(name), `${randomBytes(32).toString('hex')}\n`);
    await this.until('the marker arrives', async () => (await this.ask('/api/streams')).includes(name));
  }

  /** The agent has said this. */
  async untilSaid(pattern: RegExp): Promise<void> {
    await this.until(`said: ${pattern}`, () => this.said.some((line) => pattern.test(line)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAgent(0);
    await this.stopHub();
    await rm(this.home, { recursive: true, force: true });
  }

  async #compare(texts: readonly string[]): Promise<readonly ExportedLine[]> {
    const lines = await this.stored();
    const found = lines.map((line) => line.text);
    const told = () => `said:\n${this.said.slice(-60).join('\n')}`;
    try {
      assert.deepEqual([...found].sort(), [...texts].sort());
    } catch (error) {
      const wrong = error as Error;
      wrong.message += `\n${told()}`;
      throw wrong;
    }
    return lines;
  }

  /** In patterns `LOGS` stands for the directory of the followed files. */
  #source(): FileSourceSettings {
    const settings: FileSourceSettings = {
      ...defaultsOf(fileSourceSection),
      include: ['LOGS/**/*.log'],
      startAt: 'beginning',
      rotateWaitMs: 200,
      copyWaitMs: 300,
      rescanIntervalMs: 500,
      ...this.#options.source,
    };
    const include = [...settings.include, `LOGS/${markerName}*.log`];
    return { ...settings, include: include.map((one) => one.replace(/^LOGS/, this.directory)) };
  }

  #settings(changes: JourneyOptions): AgentSettings {
    const { output, batch, retry, spool } = this.#options;
    const type = changes.output?.type ?? output?.type ?? 'hub';
    return {
      profile: 'native',
      agent: { ...defaultsOf(agentSection), stateDirectory: this.stateDirectory },
      sources: [{ ...this.#source(), ...changes.source }],
      output: {
        ...defaultsOf(outputSection, type),
        url: this.url,
        ca: null,
        key,
        source: 'journey',
        path: '',
        ...output,
        ...changes.output,
        type,
      },
      batch: { ...defaultsOf(batchSection), intervalMs: 20, ...batch, ...changes.batch },
      spool: { ...defaultsOf(spoolSection), ...spool, ...changes.spool },
      retry: { initialMs: 10, maxMs: 100, attemptsMax: null, ...retry, ...changes.retry },
      takeover: { kind: 'none' },
    };
  }
}

/** `${name}-1` to `${name}-${count}`. */
export function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
}

export function asFile(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** The lines of each stream, in its order. */
export function byStream(lines: readonly ExportedLine[]): readonly (readonly ExportedLine[])[] {
  const streams = new Map<string, ExportedLine[]>();
  for (const line of lines) streams.set(line.stream, [...(streams.get(line.stream) ?? []), line]);
  return [...streams.values()];
}

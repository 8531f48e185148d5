/** For tests: a directory in which agent and hub run as processes, and what the hub stored. */
import { randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '../../src/host/node/host.ts';
import { Program, type ProgramOptions } from '../support/program.ts';

const key = 'kill';

export interface StoredLine {
  readonly path: string;
  readonly stream: string;
  readonly text: string;
  readonly received_at: string;
}

export interface RoomOptions {
  /** Another `bin/almadia` than that of this checkout. */
  readonly executable?: string;
  /** Directories on other drives; each is in the room's own directory unless it is given. */
  readonly logs?: string;
  readonly state?: string;
  readonly data?: string;
}

/** How a process of the room is run. */
export type Launch = Pick<ProgramOptions, 'openFilesMax' | 'wrapper' | 'environment'>;

export class Room {
  readonly home: string;
  readonly logs: string;
  readonly state: string;
  readonly data: string;
  readonly #executable: { readonly executable?: string };
  readonly #host = createHost();
  readonly #port: number;
  #agents: Program[] = [];
  #hubs: Program[] = [];

  private constructor(home: string, port: number, options: RoomOptions) {
    this.home = home;
    this.#port = port;
    this.#executable = options.executable === undefined ? {} : { executable: options.executable };
    this.logs = options.logs ?? join(home, 'logs');
    this.state = options.state ?? join(home, 'state');
    this.data = options.data ?? join(home, 'hub');
    mkdirSync(this.logs, { recursive: true });
  }

  static async open(options: RoomOptions = {}): Promise<Room> {
    return new Room(await mkdtemp(join(tmpdir(), 'almadia-room-')), await freePort(), options);
  }

  get hubUrl(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get agent(): Program {
    return this.#agents.at(-1)!;
  }

  get hub(): Program {
    return this.#hubs.at(-1)!;
  }

  /** Everything that was written by any agent of this room. */
  get said(): string {
    return this.#agents.map((one) => one.output).join('');
  }

  /** The agent's file; `output` and more as lines of YAML. */
  configure(output: string, more = ''): void {
    writeFileSync(
      join(this.home, 'almadia.yaml'),
      `agent: { state_dir: "${this.state}" }
sources:
  - { type: file, include: ["${this.logs}/**/*.log"], start_at: beginning, rotate_wait: 300ms }
output: { key: ${key}, ${output} }
retry: { initial: 20ms, max: 200ms }
${more}`,
    );
  }

  /** The same port at every start. */
  async startHub(launch: Launch = {}): Promise<void> {
    await this.launchHub(launch).said(/http:\/\/127\.0\.0\.1:\d+/);
  }

  async startAgent(launch: Launch = {}): Promise<void> {
    await this.launchAgent(launch).said(/agent\.started/);
  }

  /** Does not wait until it answers. */
  launchHub(launch: Launch = {}): Program {
    const hub = this.#run(['hub', '--port', `${this.#port}`, '--data', this.data, '--key', key], launch);
    this.#hubs.push(hub);
    return hub;
  }

  /** Does not wait until it follows files. */
  launchAgent(launch: Launch = {}): Program {
    const agent = this.#run(['run'], launch);
    this.#agents.push(agent);
    return agent;
  }

  async stored(): Promise<readonly StoredLine[]> {
    const text = await this.#get('/api/export');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  /** Runs another command of the program to its end, such as `audit --hub`. */
  async command(
    ...args: readonly string[]
  ): Promise<{ readonly code: number | null; readonly output: string }> {
    await using program = this.#run(args, {});
    const { code } = await program.ended;
    return { code, output: program.output };
  }

  /** How many lines the hub has; null when it does not answer. */
  async count(): Promise<number | null> {
    const text = await this.#get('/api/streams').catch(() => null);
    if (text === null) return null;
    const { streams } = JSON.parse(text) as { streams: { lines: number }[] };
    return streams.reduce((sum, stream) => sum + stream.lines, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#agents, ...this.#hubs].map((one) => one.kill()));
    await rm(this.home, { recursive: true });
  }

  #run(args: readonly string[], launch: Launch): Program {
    return new Program(args, { directory: this.home, ...this.#executable, ...launch });
  }

  async #get(path: string): Promise<string> {
    const reply = await this.#host.net.send({
      method: 'GET',
      url: `${this.hubUrl}${path}`,
      headers: { 'x-api-key': key },
      body: [],
      timeoutMs: 20_000,
      replyBytesMax: 256 * 1024 * 1024,
    });
    return Buffer.from(reply.body).toString();
  }
}

/** Below the ports of outgoing connections, so that nobody is given it while the hub is away. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

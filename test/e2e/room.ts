/** For tests: a directory in which agent and hub run as processes, and what the hub stored. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '../../src/host/node/host.ts';
import { Program } from '../support/program.ts';

const key = 'kill';

export interface StoredLine {
  readonly path: string;
  readonly stream: string;
  readonly text: string;
}

export class Room {
  readonly home: string;
  readonly logs: string;
  readonly #executable: { readonly executable?: string };
  readonly #host = createHost();
  #port = 0;
  #agents: Program[] = [];
  #hubs: Program[] = [];

  private constructor(home: string, executable?: string) {
    this.home = home;
    this.#executable = executable === undefined ? {} : { executable };
    this.logs = join(home, 'logs');
    mkdirSync(this.logs);
  }

  /** `executable`: another `bin/almadia` than that of this checkout. */
  static async open(executable?: string): Promise<Room> {
    return new Room(await mkdtemp(join(tmpdir(), 'almadia-room-')), executable);
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
      `sources:
  - { type: file, include: ["logs/**/*.log"], start_at: beginning, rotate_wait: 300ms }
output: { key: ${key}, ${output} }
retry: { initial: 20ms, max: 200ms }
${more}`,
    );
  }

  /** The same port at every start. */
  async startHub(): Promise<void> {
    const hub = new Program(['hub', '--port', `${this.#port}`, '--data', 'hub', '--key', key], {
      directory: this.home,
      ...this.#executable,
    });
    this.#hubs.push(hub);
    const [, port] = await hub.said(/http:\/\/127\.0\.0\.1:(\d+)/);
    this.#port = Number(port);
  }

  async startAgent(options: { readonly openFilesMax?: number } = {}): Promise<void> {
    this.#agents.push(new Program(['run'], { directory: this.home, ...this.#executable, ...options }));
    await this.agent.said(/agent\.started/);
  }

  async stored(): Promise<readonly StoredLine[]> {
    const text = await this.#get('/api/export');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
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

/**
 * The machine room of one run: a machine with writers and the real agent, another with the real hub (or a server of a
 * seed protocol), and everything the oracle needs to watch them.
 */
import { type Agent, startAgent } from '../../src/agent/agent.ts';
import type { Host } from '../../src/host/host.ts';
import { Metrics } from '../../src/host/metrics.ts';
import type { HttpRequest, Server, ServerReply } from '../../src/host/net.ts';
import type { SelfLog } from '../../src/host/selflog.ts';
import { openHub } from '../../src/hub/hub.ts';
import { openLineMemory } from '../../src/lines/line-memory.ts';
import { registerOffer } from '../../src/protocol/ingest.ts';
import { ilaSocServer, syncLogsServer } from '../compat/seed-servers.ts';
import type { Dice } from '../world/dice.ts';
import { type NetFault, netFaults } from '../world/faults.ts';
import type { Inode } from '../world/inode.ts';
import { type Machine, World } from '../world/world.ts';
import { type Arrivals, type Delivery, judgeChains, judgeHub, judgePlain, readExport } from './oracle.ts';
import { key, olderHubEvery, type Plan } from './plan.ts';
import { Service } from './service.ts';
import { type Generation, Truth } from './truth.ts';
import { Writer, type WriterPlace } from './writer.ts';

/** Whatever receives: the real hub, or a server of a seed protocol. */
export interface Receiver {
  handle(request: HttpRequest): Promise<ServerReply>;
  close(): Promise<void>;
}

/** Changes to a host, for bugs that are planted on purpose. */
export interface Planted {
  readonly agent?: (host: Host) => Host;
  readonly hub?: (host: Host) => Host;
}

/** A file that was there for so long beside a healthy agent has been found by it, ms. */
const foundAfterMs = 12_000;
/** An ack is remembered so long after it came, ms, unless the disk refuses. */
const rememberingMs = 3_000;
/** After a loss of power, what was committed without a sync may be forgotten, ms. */
const powerForgetfulMs = 60_000;
const drainMs = 5_000;
const exportBytesMax = 64 * 1024 * 1024;

export class Room {
  readonly plan: Plan;
  readonly world: World;
  readonly truth = new Truth();
  readonly agentMachine: Machine;
  readonly hubMachine: Machine;
  readonly agent: Service<Agent>;
  readonly hub: Service<{ readonly receiver: Receiver; readonly server: Server }>;
  readonly trace: string[] = [];
  readonly dice: Dice;
  calm = false;
  /** Where one of the programs wrote the key, as a sentence; null: nowhere. */
  leak: string | null = null;
  /** When the disk of the agent's machine refused; `toMs` is infinity while it still does. */
  readonly agentDiskTroubles: { readonly fromMs: number; toMs: number }[] = [];
  /** When the agent was last seen to wait because its spool was full. */
  spoolFullAtMs = Number.NEGATIVE_INFINITY;
  /** What the last look showed. */
  arrivals: Arrivals = new Map();
  arrivedLines = 0;
  readonly #writers: Writer[] = [];
  /** Files without a name that the agent closed by itself: it answers for these bytes of them. */
  readonly #releasedBytes = new Map<Inode, number>();
  readonly #powerLossesMs: number[] = [];
  #hubCopy: Map<string, Buffer> | null = null;
  /** It was put back, and the agent has not sent again what it lost. */
  #hubBehind = false;
  readonly #seedServer: Receiver;

  constructor(plan: Plan, planted: Planted = {}) {
    this.plan = plan;
    this.world = new World(plan.seed);
    this.dice = this.world.dice.fork('room');
    this.agentMachine = this.world.machine('agent-1');
    this.hubMachine = this.world.machine('hub-1');
    this.agentMachine.drive.makeDirectory('/var/log');
    this.agentMachine.drive.makeDirectory('/var/lib');
    this.hubMachine.drive.makeDirectory('/var/lib');
    for (const machine of [this.agentMachine, this.hubMachine]) {
      machine.drive.syncDirectory('/');
      machine.drive.syncDirectory('/var');
      machine.drive.birthTimes = plan.birthTimes;
    }
    this.world.network.keepExchanges = plan.output !== 'hub';
    // Protocol A takes any body for a success, so a server that makes one up cannot be found out.
    const lies = (kind: NetFault) => kind === 'garbage' && plan.output === 'sync-logs';
    this.world.network.faults.netKinds = netFaults.filter((kind) => !lies(kind));
    this.#seedServer = seedServer(plan.output);
    this.agent = this.#agentService(planted.agent ?? same);
    this.hub = this.#hubService(planted.hub ?? same);
    this.#watchLetGo();
    this.agentMachine.powerLost = () => this.#agentLostPower();
    this.hubMachine.powerLost = () => this.note('the hub lost its power');
  }

  begin(): void {
    const place: WriterPlace = {
      drive: this.agentMachine.drive,
      truth: this.truth,
      lineBytesMax: this.plan.agent.sources[0]!.lineBytesMax,
      trace: (text) => this.note(text),
      known: (generation) => this.#known(generation),
      settled: (generation) => this.#settled(generation),
      destroyed: (reason) => this.review(reason),
    };
    for (const writer of this.plan.writers) {
      this.world.time.after(writer.fromMs, () => {
        if (!this.calm) this.#writers.push(new Writer(writer, place, this.world.dice.fork(writer.name)));
      });
    }
    this.hub.start();
    if (this.plan.troubles.includes('hub put back')) {
      this.world.time.after(this.dice.between(0, 15_000), () => this.#copyHub());
    }
    this.world.time.after(this.dice.between(0, 5_000), () => this.agent.start());
  }

  /** Faults stop, writers stop; programs that are down come up. */
  becomeCalm(): void {
    this.calm = true;
    this.world.network.faults.calm();
    this.agentMachine.faults.calm();
    this.hubMachine.faults.calm();
    for (const trouble of this.agentDiskTroubles)
      trouble.toMs = Math.min(trouble.toMs, this.world.time.nowMs);
    for (const writer of this.#writers) writer.stop();
    this.note('faults stop');
  }

  /** All that the agent remembered is gone; who it is stays. What only its spool or a rotated file had is lost with it. */
  loseState(): void {
    this.agent.kill();
    const reason = 'the state was lost before it arrived';
    for (const line of this.truth.lines.values()) if (!this.arrivals.has(line)) line.excuse ??= reason;
    const { drive } = this.agentMachine;
    const { stateDirectory } = this.plan.agent.agent;
    for (const end of ['', '-wal', '-shm']) {
      const path = `${stateDirectory}/state.db${end}`;
      if (drive.find(stateDirectory) !== null && drive.find(path) !== null) drive.unlink(path);
    }
  }

  /** Takes a copy of the hub's store, as one is taken while it is stopped. */
  #copyHub(): void {
    this.hub.kill();
    const { drive } = this.hubMachine;
    this.#hubCopy = new Map();
    for (const path of this.#hubFiles()) {
      const inode = drive.get(path);
      this.#hubCopy.set(path, Buffer.from(inode.view(0, inode.size)));
    }
  }

  /** The copy is put back; one without a file makes another hub of it. */
  putHubBack(): void {
    if (this.#hubCopy === null) return;
    this.hub.kill();
    this.note('the hub is put back from a copy');
    this.world.fired.add('hub really put back');
    const { drive } = this.hubMachine;
    for (const path of this.#hubFiles()) drive.unlink(path);
    for (const [path, bytes] of this.#hubCopy) {
      const inode = drive.file(path, 0o600);
      drive.write(inode, 0, bytes);
      inode.sync();
    }
    if (drive.find(this.plan.hub.dataDirectory) !== null) drive.syncDirectory(this.plan.hub.dataDirectory);
    this.arrivals = new Map();
    // The agent lets go of files that had arrived, until it learns that they are gone.
    this.#hubBehind = true;
    this.#releasedBytes.clear();
    this.review('the hub lost what was gone here');
    for (const line of this.truth.lines.values()) {
      // What is left of such a file may not prove to be that which was read.
      if (line.repeatable !== null) line.excuse ??= line.repeatable;
    }
  }

  /**
   * What is sent again because the hub was put back goes to a fork where the hub has other bytes, of before a loss of power
   * at the agent; lines that came just before it are then in both.
   */
  #mayRepeat(): void {
    if (!this.#hubBehind || this.#powerLossesMs.length === 0) return;
    for (const line of this.truth.lines.values()) line.repeatable ??= 'sent again to a fork';
  }

  #hubFiles(): readonly string[] {
    const { drive } = this.hubMachine;
    const { dataDirectory } = this.plan.hub;
    if (drive.find(dataDirectory) === null) return [];
    const paths = ['', '-wal', '-shm'].map((end) => `${dataDirectory}/hub.sqlite${end}`);
    return paths.filter((path) => drive.find(path) !== null);
  }

  note(text: string): void {
    this.trace.push(`${(this.world.time.nowMs / 1000).toFixed(3).padStart(8)} ${text}`);
  }

  review(reason: string): void {
    const { process } = this.agent.incarnation ?? { process: null };
    this.truth.review((inode) => {
      const held = process !== null && inode.holders.has(process);
      if (inode.links > 0 || held) return Number.POSITIVE_INFINITY;
      return this.#releasedBytes.get(inode) ?? 0;
    }, reason);
  }

  /** Compares what has arrived with the truth. Gives what is wrong, or null. */
  async look(): Promise<string | null> {
    this.#mayRepeat();
    const lineBytesMax = this.plan.agent.sources[0]!.lineBytesMax;
    if (this.plan.output !== 'hub') {
      const canonical = canonicalOf(this.plan.output, lineBytesMax);
      const judged = judgePlain(this.#deliveries(), { truth: this.truth, canonical });
      return this.#keep(judged);
    }
    const text = await this.#export();
    if (text === null) return null;
    return this.#keep(judgeHub(readExport(text), { truth: this.truth, lineBytesMax }));
  }

  #keep(judged: { readonly wrong: string | null; readonly arrivals: Arrivals }): string | null {
    this.arrivals = judged.arrivals;
    this.arrivedLines = [...judged.arrivals.values()].reduce((sum, count) => sum + count, 0);
    return judged.wrong;
  }

  /** What is wrong with the chains of batches at the hub, once all have arrived; null: nothing, or it is down. */
  async judgeChains(): Promise<string | null> {
    if (this.#olderHub || this.arrivedLines === 0) return null;
    const text = await this.#ask('/api/audit');
    return text === null ? null : judgeChains(text);
  }

  /** What the hub has stored; null while it is down. */
  #export(): Promise<string | null> {
    return this.#ask('/api/export');
  }

  async #ask(path: string): Promise<string | null> {
    const hub = this.hub.program;
    const process = this.hub.incarnation?.process;
    if (hub === null || process === undefined) return null;
    const request: HttpRequest = {
      method: 'GET',
      path,
      query: '',
      headers: { 'x-api-key': key },
      body: new Uint8Array(0),
      remoteAddress: '127.0.0.1',
      signal: new AbortController().signal,
    };
    const read = hub.receiver.handle(request).then(wholeText);
    const died = new Promise<null>((resolve) => process.atDeath(() => resolve(null)));
    return this.world.time.finish(
      Promise.race([read, died]).catch(() => null),
      60_000,
    );
  }

  #deliveries(): Delivery[] {
    return this.world.network.exchanges
      .filter(({ delivered, request }) => delivered > 0 && /\/(logs|ingest-batch)$/.test(request.url))
      .map(({ request, delivered, client, intactAtMs }) => ({
        texts: textsIn(Buffer.concat(request.body).toString()),
        delivered,
        certain:
          intactAtMs !== null &&
          client.diedAtMs > this.#rememberedAtMs(intactAtMs) &&
          !this.#powerLossesMs.some((atMs) => atMs >= intactAtMs && atMs < intactAtMs + powerForgetfulMs),
      }));
  }

  /** When the agent has surely remembered an ack, if it lived so long. */
  #rememberedAtMs(ackedAtMs: number): number {
    let atMs = ackedAtMs + rememberingMs;
    for (const { fromMs, toMs } of this.agentDiskTroubles) {
      if (fromMs <= atMs && toMs + rememberingMs > atMs) atMs = toMs + rememberingMs;
    }
    return atMs;
  }

  get #olderHub(): boolean {
    return this.plan.seed % olderHubEvery === 0;
  }

  #known(generation: Generation): boolean {
    // Without its state an agent finds files only when the hub has answered.
    if (this.agent.program?.status().streams.length === 0) return false;
    const plan = this.plan.writers.find(({ name }) => name === generation.writer);
    if (plan?.inside === true) return true;
    const sinceMs = Math.max(
      generation.firstLineAtMs,
      this.agent.upSinceMs,
      this.spoolFullAtMs,
      ...this.agentDiskTroubles.map(({ toMs }) => toMs),
    );
    return this.world.time.nowMs - sinceMs >= foundAfterMs;
  }

  #settled(generation: Generation): boolean {
    return this.truth.generations
      .filter(({ file }) => file === generation.file)
      .every(({ lines }) => lines.every((line) => line.excuse !== null || this.arrivals.has(line)));
  }

  #agentService(change: (host: Host) => Host): Service<Agent> {
    const { plan } = this;
    return new Service({
      name: 'agent',
      machine: this.agentMachine,
      start: (host) =>
        startAgent(change(host), plan.agent, {
          log: this.#log('agent'),
          metrics: new Metrics(),
          version: '0.0.0',
          freshKey: null,
          // Small, so that it runs out; and whoever uses what was given back sends bytes that nobody wrote.
          lineMemory: openLineMemory({ bytes: 2 * 1024 * 1024, poison: true }),
        }),
      stop: (agent) => agent.stop(drainMs),
      ended: (agent) => agent.done,
      restartMs: () => this.#restartMs(),
      trace: (text) => this.note(text),
      gone: () => this.review('the agent ended while only it could read this'),
    });
  }

  #hubService(change: (host: Host) => Host): Room['hub'] {
    return new Service({
      name: 'hub',
      machine: this.hubMachine,
      start: async (bare) => {
        const host = change(bare);
        const receiver =
          this.plan.output === 'hub'
            ? await openHub(host, this.plan.hub, this.#log('hub'))
            : this.#seedServer;
        const server = await host.net.serve(
          {
            listen: { host: '0.0.0.0', port: 5000 },
            bodyBytesMax: this.plan.hub.bodyBytesMax,
            requestTimeoutMs: 30_000,
          },
          (request) =>
            this.#olderHub ? olderReply(request, receiver.handle(request)) : receiver.handle(request),
        );
        return { receiver, server };
      },
      stop: async ({ receiver, server }) => {
        await server.close(1_000);
        await receiver.close();
      },
      ended: () => new Promise(() => undefined),
      restartMs: () => this.#restartMs(),
      trace: (text) => this.note(text),
      gone: () => undefined,
    });
  }

  #restartMs(): number {
    return this.calm ? 500 : this.dice.pick([100, 1_000, 5_000, 15_000]) * this.dice.fraction();
  }

  #log(name: string): SelfLog {
    return {
      write: (level, event, message, values) => {
        this.world.fired.add(`${name}: ${event}`);
        const text = `${name} ${level} ${event}: ${message} ${values === undefined ? '' : JSON.stringify(values)}`;
        if (text.includes(key)) this.leak ??= `a key was written: ${text}`;
        if (level === 'debug') return;
        if (event === 'resend.done') {
          this.#mayRepeat();
          this.#hubBehind = false;
        }
        this.note(text);
      },
    };
  }

  #watchLetGo(): void {
    this.agentMachine.drive.letGoOfUnnamed = (inode, holder) => {
      const process = this.agent.incarnation?.process;
      // One that is stopped while its disk refuses, or its spool is full, cannot keep what only it could read: that is a
      // named gap.
      const full = this.spoolFullAtMs >= this.world.time.nowMs - rememberingMs;
      const forced = this.agent.stopping && (full || this.#diskRefuses());
      if (holder === process && process.alive && !forced && !this.#hubBehind)
        this.#releasedBytes.set(inode, inode.size);
    };
  }

  #diskRefuses(): boolean {
    const sinceMs = this.world.time.nowMs - rememberingMs;
    return this.agentDiskTroubles.some(({ toMs }) => toMs >= sinceMs);
  }

  #agentLostPower(): void {
    this.note("the agent's machine lost its power");
    this.#powerLossesMs.push(this.world.time.nowMs);
    for (const writer of this.#writers) writer.halt();
    this.truth.powerLost();
    // A file whose removal was taken back is nobody's again.
    for (const inode of this.#releasedBytes.keys()) if (inode.links > 0) this.#releasedBytes.delete(inode);
    this.review('lost with the power');
    const losses = this.#powerLossesMs.length;
    this.world.time.after(this.dice.between(0, 5_000), () => {
      if (this.calm || losses !== this.#powerLossesMs.length) return;
      for (const writer of this.#writers) writer.reopen();
    });
  }
}

const same = (host: Host) => host;

async function olderReply(request: HttpRequest, given: Promise<ServerReply>): Promise<ServerReply> {
  const reply = await given;
  if (!request.path.endsWith('/register') || typeof reply.body !== 'string') return reply;
  const { almadia, ...rest } = JSON.parse(reply.body) as { readonly almadia?: unknown };
  if (almadia === undefined) return reply;
  return { ...reply, body: JSON.stringify({ ...rest, almadia: registerOffer }) };
}

function seedServer(output: Plan['output']): Receiver {
  const server = output === 'sync-logs' ? syncLogsServer({ key }) : ilaSocServer({ key });
  return { handle: (request) => server.handle(request), close: () => Promise.resolve() };
}

async function wholeText(reply: ServerReply): Promise<string> {
  if (reply.status !== 200) throw new Error(`the export answered ${reply.status}`);
  if (typeof reply.body === 'string') return reply.body;
  if (reply.body instanceof Uint8Array) return Buffer.from(reply.body).toString();
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of reply.body) {
    parts.push(Buffer.from(part as string));
    size += parts.at(-1)!.length;
    if (size > exportBytesMax) throw new Error('the export does not end');
  }
  return Buffer.concat(parts).toString();
}

function textsIn(body: string): string[] {
  const { logs } = JSON.parse(body) as { logs: readonly (string | { readonly log_text: string })[] };
  return logs.map((entry) => (typeof entry === 'string' ? entry : entry.log_text));
}

/** What the JSON protocols make of a line: text, cut to the line limit; protocol A trims and marks it. */
function canonicalOf(output: Plan['output'], lineBytesMax: number): (line: Buffer) => string {
  return (line) => {
    const text = line.subarray(0, lineBytesMax).toString();
    if (output !== 'sync-logs') return text;
    return line.length > lineBytesMax ? `${text.trim()}...[TRUNCATED]` : text.trim();
  };
}

/**
 * The simulated network: who listens where, and what happens to each request on its way. `net.ts` gives it to
 * processes.
 *
 * A request meets at most one fault. A process that dies takes its servers and the requests it was answering with it:
 * their clients see a reset connection, or nothing until they run into their time-out.
 */
import type { ClientRequest, HttpReply, HttpRequest, ServeOptions, ServerReply } from '../../src/host/net.ts';
import { NetError } from '../../src/host/net.ts';
import type { Dice } from './dice.ts';
import { type Faults, type Fired, type NetFault, troubledStatuses } from './faults.ts';
import type { WorldProcess } from './process.ts';
import type { Time } from './time.ts';

export interface Listener {
  readonly process: WorldProcess;
  readonly options: ServeOptions;
  readonly handle: (request: HttpRequest) => Promise<ServerReply>;
  open: boolean;
  running: number;
}

/** What became of one request, for oracles. */
export interface Exchange {
  readonly client: WorldProcess;
  readonly request: ClientRequest;
  /** How often a server took it. */
  delivered: number;
  /** When the client had the server's own reply, unharmed; null while or where it did not. */
  intactAtMs: number | null;
}

const latencyMs = { low: 0.2, high: 5 } as const;
const repeatDelayMaxMs = 2_000;
const html = '<!DOCTYPE html><html><body><h1>Welcome to the hotel</h1>Please log in.</body></html>';

export class Network {
  readonly time: Time;
  readonly faults: Faults;
  readonly fired: Fired;
  readonly listeners = new Map<string, Listener>();
  readonly exchanges: Exchange[] = [];
  /** Kept only when an oracle wants them. */
  keepExchanges = false;
  readonly #dice: Dice;
  #nextPort = 49_152;

  constructor(options: {
    readonly time: Time;
    readonly faults: Faults;
    readonly fired: Fired;
    readonly dice: Dice;
  }) {
    this.time = options.time;
    this.faults = options.faults;
    this.fired = options.fired;
    this.#dice = options.dice;
  }

  freePort(): number {
    this.#nextPort += 1;
    return this.#nextPort;
  }

  /** Sends a request from `client` to whoever listens at `address`. Its bytes are on their way: the client's may change. */
  async send(
    given: { readonly client: WorldProcess; readonly request: ClientRequest; readonly path: string },
    address: string,
    signal: AbortSignal,
  ): Promise<HttpReply> {
    const call = { ...given, request: { ...given.request, body: [Buffer.concat(given.request.body)] } };
    const exchange: Exchange = {
      client: call.client,
      request: call.request,
      delivered: 0,
      intactAtMs: null,
    };
    if (this.keepExchanges) this.exchanges.push(exchange);
    const fault = this.#drawFault();
    if (fault !== null) this.fired.add(`net ${fault}`);
    await call.client.later(this.#latency(fault, call.request), () => undefined);
    const early = this.#beforeServer(fault);
    if (early === 'nothing') return new Promise(() => undefined);
    if (early !== null) return early;
    const listener = this.listeners.get(address);
    if (listener === undefined) throw new NetError('ECONNREFUSED', `nobody listens at ${address}`);
    const message = messageOf(call, signal);
    const reply = await this.#deliver(listener, { message, exchange });
    if (fault === 'repeat') this.#repeat(listener, { message, exchange });
    await call.client.later(this.#latency(fault, call.request), () => undefined);
    const late = await this.#afterServer(fault);
    if (late === 'nothing') return new Promise(() => undefined);
    if (late !== null) return late;
    if (!signal.aborted) exchange.intactAtMs = this.time.nowMs;
    return reply;
  }

  #drawFault(): NetFault | null {
    if (this.faults.partition) {
      return this.#dice.pick(['refuse', 'black-hole'] as const);
    }
    if (this.faults.net === 0 || !this.#dice.chance(this.faults.net)) return null;
    return this.#dice.pick(this.faults.netKinds);
  }

  #latency(fault: NetFault | null, request: ClientRequest): number {
    if (fault === 'slow') return this.#dice.fraction() * request.timeoutMs;
    return latencyMs.low + this.#dice.fraction() * (latencyMs.high - latencyMs.low);
  }

  /** What the client gets without any server having seen the request; null: the request goes on. */
  #beforeServer(fault: NetFault | null): HttpReply | 'nothing' | null {
    switch (fault) {
      case 'refuse':
        throw new NetError('ECONNREFUSED', 'the connection was refused');
      case 'reset':
        throw new NetError('ECONNRESET', 'the connection was reset');
      case 'black-hole':
        return 'nothing';
      case 'status':
        return this.#trouble();
      case 'html':
        return replyOf(200, { 'content-type': 'text/html; charset=utf-8' }, Buffer.from(html));
      case 'garbage': {
        const bytes = this.#dice.bytes(this.#dice.between(0, 64));
        return this.#dice.chance(0.5)
          ? replyOf(200, { 'content-type': 'application/json' }, bytes)
          : replyOf(200, { 'content-type': 'application/json' }, Buffer.from('{}'));
      }
      default:
        return null;
    }
  }

  /** What the client gets instead of the reply of a server that took the request; null: the reply. */
  #afterServer(fault: NetFault | null): HttpReply | 'nothing' | null {
    switch (fault) {
      case 'drop-reply':
        if (this.#dice.chance(0.5)) return 'nothing';
        throw new NetError('ECONNRESET', 'the connection was reset before the reply');
      case 'cut-reply':
        throw new NetError('ECONNRESET', 'the connection was reset within the reply');
      case 'status-after':
        return this.#trouble();
      default:
        return null;
    }
  }

  #trouble(): HttpReply {
    const status = this.#dice.pick(troubledStatuses);
    const asks = (status === 429 || status === 503) && this.#dice.chance(0.6);
    if (asks) this.fired.add('net retry-after');
    return replyOf(
      status,
      {
        'content-type': 'text/plain',
        ...(asks ? { 'retry-after': String(this.#dice.between(0, 3)) } : {}),
      },
      Buffer.from('try again later'),
    );
  }

  #repeat(
    listener: Listener,
    what: { readonly message: HttpRequest & { replyBytesMax: number }; readonly exchange: Exchange },
  ): void {
    this.time.after(this.#dice.fraction() * repeatDelayMaxMs, () => {
      if (listener.open) this.#deliver(listener, what).catch(() => undefined);
    });
  }

  /** Hands a request to a server. Rejects when the server dies before it has answered. */
  #deliver(
    listener: Listener,
    {
      message,
      exchange,
    }: { readonly message: HttpRequest & { replyBytesMax: number }; readonly exchange: Exchange },
  ): Promise<HttpReply> {
    if (!listener.open) return Promise.reject(new NetError('ECONNREFUSED', 'nobody listens any more'));
    if (message.body.length > listener.options.bodyBytesMax) {
      return Promise.resolve(replyOf(413, {}, Buffer.alloc(0)));
    }
    exchange.delivered += 1;
    listener.running += 1;
    return new Promise((resolve, reject) => {
      const forget = listener.process.atDeath(() => {
        if (this.#dice.chance(0.7)) reject(new NetError('ECONNRESET', 'the server is gone'));
      });
      const end = () => {
        forget();
        listener.running -= 1;
      };
      Promise.resolve({ ...message, body: new Uint8Array(message.body) })
        .then((request) => listener.handle(request))
        .then((reply) => wholeReply(reply, message.replyBytesMax))
        .then(
          (reply) => {
            if (!listener.process.alive) return;
            end();
            resolve(reply);
          },
          () => {
            if (!listener.process.alive) return;
            end();
            resolve(replyOf(500, {}, Buffer.from('internal error')));
          },
        );
    });
  }
}

function messageOf(
  call: { readonly request: ClientRequest; readonly path: string },
  signal: AbortSignal,
): HttpRequest & { replyBytesMax: number } {
  const [path, query = ''] = call.path.split('?', 2) as [string, string?];
  const body = Buffer.concat(call.request.body);
  return {
    method: call.request.method,
    path,
    query,
    headers: { ...call.request.headers, 'content-length': String(body.length) },
    body,
    remoteAddress: '127.0.0.1',
    signal,
    replyBytesMax: call.request.replyBytesMax,
  };
}

async function wholeReply(reply: ServerReply, bytesMax: number): Promise<HttpReply> {
  const parts: Buffer[] = [];
  let size = 0;
  const pieces =
    typeof reply.body === 'string' || reply.body instanceof Uint8Array ? [reply.body] : reply.body;
  for await (const piece of pieces) {
    const bytes = Buffer.from(piece as string);
    parts.push(bytes);
    size += bytes.length;
    if (size > bytesMax) break;
  }
  const body = Buffer.concat(parts);
  return { ...replyOf(reply.status, reply.headers, body.subarray(0, bytesMax)), cut: size > bytesMax };
}

function replyOf(status: number, headers: Readonly<Record<string, string>>, body: Uint8Array): HttpReply {
  return { status, headers, body: new Uint8Array(body), cut: false };
}

/** A network of the tests' own between agent and hub: it passes everything on until it is told to do harm. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

export type Way = 'request' | 'reply';

/**
 * `cut`: both ends are closed when so many bytes have passed. `hole`: nothing passes any more, and nobody is told.
 * `slow`: it passes in pieces of so many bytes, for one reply or request.
 */
export interface Harm {
  readonly kind: 'cut' | 'hole' | 'slow';
  readonly way: Way;
  readonly bytes: number;
}

interface Link {
  readonly ends: Readonly<Record<Way, Socket>>;
  harm: Done | null;
  passed: number;
  /** Pieces go one after the other. */
  sent: Promise<void>;
}

interface Done extends Harm {
  readonly done: () => void;
}

export class Network {
  readonly #server: Server;
  /** Where everything goes. */
  hubUrl = '';
  readonly #sockets = new Set<Socket>();
  #harm: Done | null = null;

  private constructor() {
    this.#server = createServer((agent) => this.#join(agent));
  }

  static async open(): Promise<Network> {
    const proxy = new Network();
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  /** Does it to the next bytes of that way, once. Resolves when it has happened; of a hole, when the agent gave up. */
  async harm(harm: Harm): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#harm = { ...harm, done: resolve };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #join(agent: Socket): void {
    const hub = connect(Number(new URL(this.hubUrl).port), '127.0.0.1');
    const link: Link = {
      ends: { request: hub, reply: agent },
      harm: null,
      passed: 0,
      sent: Promise.resolve(),
    };
    for (const socket of [agent, hub]) {
      this.#sockets.add(socket);
      // The other end learns of it by its own close.
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        agent.destroy();
        hub.destroy();
      });
    }
    agent.on('close', () => {
      if (link.harm?.kind === 'hole') link.harm.done();
      // It came to nothing on this connection.
      else if (link.harm !== null && link.passed < link.harm.bytes) this.#harm ??= link.harm;
    });
    agent.on('data', (bytes) => this.#pass(link, 'request', bytes));
    hub.on('data', (bytes) => this.#pass(link, 'reply', bytes));
  }

  #pass(link: Link, way: Way, bytes: Buffer): void {
    if (link.harm === null && this.#harm?.way === way) {
      link.harm = this.#harm;
      this.#harm = null;
    }
    const { harm } = link;
    const to = link.ends[way];
    if (harm === null || harm.way !== way) {
      to.write(bytes);
      return;
    }
    const before = link.passed;
    link.passed += bytes.length;
    switch (harm.kind) {
      case 'hole':
        return;
      case 'cut': {
        if (link.passed < harm.bytes) {
          to.write(bytes);
          return;
        }
        to.write(bytes.subarray(0, harm.bytes - before), () => {
          to.destroy();
          harm.done();
        });
        return;
      }
      case 'slow':
        link.sent = link.sent.then(() => pieces(bytes, harm.bytes, to)).then(harm.done);
    }
  }
}

async function pieces(bytes: Buffer, size: number, to: Socket): Promise<void> {
  for (let at = 0; at < bytes.length && !to.destroyed; at += size) {
    to.write(bytes.subarray(at, at + size));
    await setImmediate();
  }
}

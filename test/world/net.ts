/** A process's view of the simulated network: the `Net` contract. */
import type {
  ClientRequest,
  HttpReply,
  HttpRequest,
  Net,
  ServeOptions,
  Server,
  ServerReply,
  Stage,
} from '../../src/host/net.ts';
import { NetError } from '../../src/host/net.ts';
import type { Listener, Network } from './network.ts';
import type { WorldProcess } from './process.ts';

/** How often a closing server looks whether its last requests have been answered, ms. */
const closePollMs = 10;

export class WorldNet implements Net {
  readonly #process: WorldProcess;
  readonly #machine: string;
  readonly #network: Network;

  constructor(process: WorldProcess, machine: string, network: Network) {
    this.#process = process;
    this.#machine = machine;
    this.#network = network;
  }

  send(request: ClientRequest, signal?: AbortSignal): Promise<HttpReply> {
    const { address, path } = this.#target(request.url);
    const { time } = this.#network;
    const hangUp = new AbortController();
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        if (!this.#process.alive || hangUp.signal.aborted) return;
        timer.cancel();
        signal?.removeEventListener('abort', aborted);
        settle();
      };
      const giveUp = (code: string) => {
        end(() => reject(new NetError(code, `${code}: ${request.url}`)));
        hangUp.abort();
      };
      const aborted = () => giveUp('ABORTED');
      const timer = time.after(request.timeoutMs, () => giveUp('TIMEOUT'));
      if (signal?.aborted === true) return aborted();
      signal?.addEventListener('abort', aborted);
      this.#network.send({ client: this.#process, request, path }, address, hangUp.signal).then(
        (reply) => end(() => resolve(reply)),
        (error: unknown) => end(() => reject(error)),
      );
    });
  }

  async serve(
    options: ServeOptions,
    handle: (request: HttpRequest) => Promise<ServerReply>,
  ): Promise<Server> {
    const { listen } = options;
    const port = 'socketPath' in listen ? 0 : listen.port === 0 ? this.#network.freePort() : listen.port;
    const address =
      'socketPath' in listen ? `unix:${this.#machine}:${listen.socketPath}` : `${this.#machine}:${port}`;
    await this.#process.later(0.1, () => undefined);
    const { listeners } = this.#network;
    if (listeners.has(address)) throw new NetError('EADDRINUSE', `${address} is taken`);
    const listener: Listener = { process: this.#process, options, handle, open: true, running: 0 };
    const leave = () => {
      listener.open = false;
      if (listeners.get(address) === listener) listeners.delete(address);
    };
    listeners.set(address, listener);
    const forget = this.#process.atDeath(leave);
    return {
      port,
      close: async (graceMs) => {
        forget();
        leave();
        const untilMs = this.#network.time.nowMs + graceMs;
        while (listener.running > 0 && this.#network.time.nowMs < untilMs) {
          await this.#process.later(closePollMs, () => undefined);
        }
      },
    };
  }

  diagnose(url: string): Promise<readonly Stage[]> {
    const { address } = this.#target(url);
    return this.#process.later(1, () => {
      const ok = this.#network.listeners.has(address);
      return [
        { stage: 'dns', ok: true, detail: address, code: null },
        { stage: 'tcp', ok, detail: address, code: ok ? null : 'ECONNREFUSED' },
      ] as const;
    });
  }

  /** Names of machines are host names; localhost is one's own. */
  #target(url: string): { readonly address: string; readonly path: string } {
    const socket = /^unix:([^:]+):(.*)$/.exec(url);
    if (socket !== null) return { address: `unix:${this.#machine}:${socket[1]}`, path: socket[2]! };
    const { hostname, port, pathname, search } = new URL(url);
    const own = hostname === 'localhost' || hostname === '127.0.0.1';
    return { address: `${own ? this.#machine : hostname}:${port || 80}`, path: `${pathname}${search}` };
  }
}

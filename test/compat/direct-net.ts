/** A network without distance: requests go straight to a `handle`, and every request is kept. */
import type { ClientRequest, HttpRequest, Net, ServerReply } from '../../src/host/net.ts';
import { NetError } from '../../src/host/net.ts';

export interface DirectNet extends Net {
  readonly sent: readonly ClientRequest[];
  /** The next requests fail with these codes, in order, before they reach anybody. */
  failNext(...codes: readonly string[]): void;
}

export function directNet(handle: (request: HttpRequest) => Promise<ServerReply>): DirectNet {
  const sent: ClientRequest[] = [];
  const failures: string[] = [];
  return {
    sent,
    failNext: (...codes) => void failures.push(...codes),
    async send(request, signal) {
      sent.push(request);
      const code = signal?.aborted === true ? 'ABORTED' : failures.shift();
      if (code !== undefined) throw new NetError(code, `simulated ${code}`);
      const { pathname, search } = new URL(request.url);
      const reply = await handle({
        method: request.method,
        path: pathname,
        query: search.slice(1),
        headers: request.headers,
        body: Buffer.concat(request.body),
        remoteAddress: '192.0.2.1',
        signal: signal ?? new AbortController().signal,
      });
      if (typeof reply.body !== 'string' && !(reply.body instanceof Uint8Array))
        throw new Error('no streams here');
      return { status: reply.status, headers: reply.headers, body: Buffer.from(reply.body), cut: false };
    },
    serve: () => Promise.reject(new Error('nothing listens here')),
    diagnose: () => Promise.resolve([]),
  };
}

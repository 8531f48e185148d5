/**
 * A server over `node:http`: requests come as whole values, replies go as whole values or as pieces.
 *
 * Bounds: the body of one request (`bodyBytesMax`, then 413), the bodies of all requests together (then 503), the time
 * for a request to arrive (then 408), the time for which a reader may take nothing of its reply (then it is cut off).
 * What is not HTTP, or says two things about its length, Node's parser answers with 400.
 */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpRequest, RequestHead, ServeOptions, Server, ServerReply } from '../net.ts';
import { NetError } from '../net.ts';
import { flatHeaders } from './headers.ts';
import { sendReply } from './reply.ts';
import { readBody, refusal, refuseBody, type WholeReply } from './request-body.ts';
import { asNetError } from './target.ts';
import { listenOnSocket } from './unix-socket.ts';

/** The bodies that are in memory at one time, of everybody together. */
const bodiesBytesMax = 256 * 1024 * 1024;

/** A head is a few hundred bytes: whoever takes longer for it takes up a connection. */
const headTimeoutMs = 15_000;

/** Longer than the clients of this program keep an idle connection, so that it is they who close. */
const keepAliveTimeoutMs = 75_000;

type Handle = (request: HttpRequest) => Promise<ServerReply>;

export async function serve(options: ServeOptions, handle: Handle): Promise<Server> {
  const desk = new FrontDesk(options, handle);
  const server = http.createServer({
    requestTimeout: options.requestTimeoutMs,
    headersTimeout: Math.min(headTimeoutMs, options.requestTimeoutMs),
    connectionsCheckingInterval: Math.max(10, Math.min(1000, options.requestTimeoutMs / 4)),
    keepAliveTimeout: keepAliveTimeoutMs,
  });
  server.on('request', (incoming, outgoing) => void desk.answer(incoming, outgoing));
  server.on('checkContinue', (incoming, outgoing) => void desk.answer(incoming, outgoing));
  const { listen } = options;
  let release: () => Promise<void> = () => Promise.resolve();
  try {
    if ('socketPath' in listen) release = await listenOnSocket(server, listen.socketPath);
    else await listening(server, () => server.listen(listen.port, listen.host));
  } catch (error) {
    throw asNetError(error);
  }
  const address = server.address();
  return {
    port: typeof address === 'object' ? ((address as AddressInfo | null)?.port ?? 0) : 0,
    close: async (graceMs) => {
      desk.closing = true;
      await closed(server, graceMs);
      await release();
    },
  };
}

class FrontDesk {
  /** From then on every reply is the last of its connection. */
  closing = false;
  readonly #options: ServeOptions;
  readonly #handle: Handle;
  #bodiesBytes = 0;

  constructor(options: ServeOptions, handle: Handle) {
    this.#options = options;
    this.#handle = handle;
  }

  /** Never rejects: whatever goes wrong ends in a reply, or in a connection cut off. */
  async answer(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    const gone = new AbortController();
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) gone.abort();
    });
    let held = 0;
    const hold = (bytes: number) => {
      if (this.#bodiesBytes + bytes > bodiesBytesMax) return false;
      this.#bodiesBytes += bytes;
      held += bytes;
      return true;
    };
    const release = () => {
      this.#bodiesBytes -= held;
      held = 0;
    };
    try {
      if (this.closing) outgoing.setHeader('connection', 'close');
      const { bodyBytesMax } = this.#options;
      const target = splitTarget(incoming.url ?? '');
      if (target === null) return await refuseBody(incoming, outgoing, refusal(400, bodyBytesMax));
      const head: RequestHead = {
        method: incoming.method ?? '',
        ...target,
        headers: flatHeaders(incoming),
        remoteAddress: plainAddress(incoming.socket.remoteAddress),
      };
      const refused = this.#screened(head);
      if (refused !== null) return await refuseBody(incoming, outgoing, refused);
      const read = await readBody(incoming, outgoing, { bytesMax: bodyBytesMax, hold });
      if (read.kind === 'gone') return;
      if (read.kind === 'refused') {
        return await refuseBody(incoming, outgoing, refusal(read.status, bodyBytesMax));
      }
      const reply = await this.#handle({ ...head, body: read.body, signal: gone.signal });
      // A reply may take hours (a live tail), and its request's body no place meanwhile.
      release();
      if (this.closing) outgoing.setHeader('connection', 'close');
      await sendReply(outgoing, reply);
    } catch {
      // The handler broke its contract, or its reply cannot be written as HTTP.
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(500, { 'content-length': 0 }).end();
    } finally {
      release();
    }
  }

  /** Null: the request goes on. One without a body has nothing to be spared, and keeps its connection. */
  #screened(head: RequestHead): WholeReply | null {
    const { 'content-length': length, 'transfer-encoding': coding } = head.headers;
    if (coding === undefined && Number(length ?? 0) === 0) return null;
    const reply = this.#options.screen?.(head) ?? null;
    return reply === null || typeof reply.body !== 'string' ? null : { ...reply, body: reply.body };
  }
}

/** RFC 9112 3.2: proxies may send the whole address; what does not lead to a path is refused. */
function splitTarget(url: string): { readonly path: string; readonly query: string } | null {
  const origin = url.replace(/^https?:\/\/[^/?#]*/i, '') || '/';
  if (!origin.startsWith('/')) return null;
  const mark = origin.indexOf('?');
  return mark < 0
    ? { path: origin, query: '' }
    : { path: origin.slice(0, mark), query: origin.slice(mark + 1) };
}

function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}

function listening(server: http.Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(asNetError(error)));
    server.once('listening', resolve);
    listen();
  });
}

function closed(server: http.Server, graceMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close((error) => {
      clearTimeout(timer);
      if (error === undefined) resolve();
      else reject(new NetError('ERR_SERVER_NOT_RUNNING', error.message));
    });
    server.closeIdleConnections();
  });
}

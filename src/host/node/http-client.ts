/**
 * One request, one whole reply, over `node:http`. Connections are kept alive by target. Nothing is tried again in
 * here: a kept connection that the peer has closed meanwhile fails as ECONNRESET, and only the caller knows whether
 * sending twice does harm. Redirects are replies like any other.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { ClientRequest, HttpReply, TlsOptions } from '../net.ts';
import { NetError } from '../net.ts';
import { flatHeaders } from './headers.ts';
import { asNetError, type Target, targetOf } from './target.ts';
import { nameOf, type Trust } from './trust.ts';

const targetsMax = 64;
const agentOptions = { keepAlive: true, maxFreeSockets: 16 } as const;

export class HttpClient {
  readonly #trust: Trust;
  readonly #plain = new http.Agent(agentOptions);
  /** By the certificates believed and shown, which are settings and therefore few. */
  readonly #secure = new Map<string, https.Agent>();

  readonly #targets = new Map<string, Target>();

  constructor(trust: Trust) {
    this.#trust = trust;
  }

  async send(request: ClientRequest, signal?: AbortSignal): Promise<HttpReply> {
    if (signal?.aborted) throw aborted();
    try {
      return await exchange(this.#open(this.#target(request.url), request), request, signal);
    } catch (error) {
      throw asNetError(error);
    }
  }

  /** An agent sends to few addresses, and to one of them a thousand times a second. */
  #target(url: string): Target {
    let target = this.#targets.get(url);
    if (target === undefined) {
      target = targetOf(url);
      if (this.#targets.size >= targetsMax) this.#targets.clear();
      this.#targets.set(url, target);
    }
    return target;
  }

  #open(target: Target, request: ClientRequest): http.ClientRequest {
    const length = request.body.reduce((sum, part) => sum + part.length, 0);
    const bare = length === 0 && request.method !== 'POST';
    const options: http.RequestOptions = {
      ...target.address,
      path: target.path,
      method: request.method,
      headers: bare ? { ...request.headers } : { ...request.headers, 'content-length': length },
    };
    if (target.auth !== null) options.auth = target.auth;
    if (!target.secure) return http.request({ ...options, agent: this.#plain });
    return https.request({ ...options, agent: this.#secureAgent(request) });
  }

  #secureAgent(options: TlsOptions): https.Agent {
    const name = nameOf(options);
    let agent = this.#secure.get(name);
    if (agent === undefined) {
      agent = new https.Agent({ ...agentOptions, secureContext: this.#trust.context(options) });
      this.#secure.set(name, agent);
    }
    return agent;
  }
}

function exchange(
  outgoing: http.ClientRequest,
  request: ClientRequest,
  signal: AbortSignal | undefined,
): Promise<HttpReply> {
  return new Promise<HttpReply>((resolve, reject) => {
    let replying = false;
    const abort = () => fail(aborted());
    const timer = setTimeout(() => {
      fail(new NetError('TIMEOUT', `no whole reply within ${request.timeoutMs} ms`));
    }, request.timeoutMs);
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const fail = (error: unknown) => {
      settle();
      reject(asNetError(error));
      outgoing.destroy();
    };
    signal?.addEventListener('abort', abort);
    outgoing.on('response', (incoming) => {
      replying = true;
      collect(incoming, request.replyBytesMax).then((reply) => {
        settle();
        resolve(reply);
        // Where the server has not waited for all of the request, its bytes may be used for others from now on.
        if (reply.cut || !outgoing.writableFinished) outgoing.destroy();
      }, fail);
    });
    // A server that answers before it has read everything may close: then the reply counts, not the failed write.
    outgoing.on('error', (error) => {
      if (!replying) fail(error);
    });
    for (const part of request.body) outgoing.write(part);
    outgoing.end();
  });
}

/** Resolves at the end of the reply, or as soon as it is longer than allowed. */
function collect(incoming: http.IncomingMessage, bytesMax: number): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (cut: boolean) => {
      const body = Buffer.concat(chunks, Math.min(size, bytesMax));
      resolve({ status: incoming.statusCode ?? 0, headers: flatHeaders(incoming), body, cut });
    };
    incoming.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > bytesMax) finish(true);
    });
    incoming.on('end', () => finish(false));
    incoming.on('error', reject);
    incoming.on('close', () => {
      if (!incoming.complete) reject(new NetError('ECONNRESET', 'the reply broke off'));
    });
  });
}

function aborted(): NetError {
  return new NetError('ABORTED', 'given up by the caller');
}

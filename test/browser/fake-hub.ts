/**
 * A small server that speaks the page's API from memory, for states that a real hub reaches only slowly: agents long
 * offline, a flood of lines, a hub that goes away and comes back. Serves the built page under the hub's own policy.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';

export interface FakeLine {
  readonly id: number;
  readonly agent: string;
  readonly source: string;
  readonly path: string;
  readonly text: string;
  readonly received_at: string;
}

export const fakeKey = 'alm_test-key';
const page = resolve(import.meta.dirname, '../../web');
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const files: Record<string, readonly [string, string]> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
};

export class FakeHub {
  readonly agents: Record<string, Record<string, unknown>> = {};
  readonly lines: FakeLine[] = [];
  /** What stands under the last part of `/api/streams`, `/api/chains` and `/api/events`. */
  readonly proof: Record<'streams' | 'chains' | 'events', unknown[]> = {
    streams: [],
    chains: [],
    events: [],
  };
  /** What one agent told of itself. */
  detailed: { readonly id: string; readonly detail: unknown } = { id: '-', detail: null };
  readonly #tails = new Set<{ readonly agent: string | null; readonly response: ServerResponse }>();
  #server: Server | null = null;
  #port = 0;

  /** Listens on a free port of the loopback, on the same one after a `close`. */
  async open(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    await new Promise<void>((done) => server.listen(this.#port, '127.0.0.1', done));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = new Promise((done) => server.close(done));
    server.closeAllConnections();
    await closed;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get tails(): number {
    return this.#tails.size;
  }

  /** Stores lines and tells every tail. */
  add(agent: string, texts: readonly string[], source = 'app.log'): void {
    const added = texts.map((text, index) => ({
      id: this.lines.length + index + 1,
      agent,
      source,
      path: `/var/log/${source}`,
      text,
      received_at: new Date().toISOString(),
    }));
    this.lines.push(...added);
    for (const tail of this.#tails) {
      const wanted = added.filter((line) => tail.agent === null || line.agent === tail.agent);
      tail.response.write(wanted.map((line) => event('line', line)).join(''));
    }
  }

  skipped(count: number): void {
    for (const tail of this.#tails) tail.response.write(event('skipped', { count }));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = new URL(request.url ?? '/', 'http://hub');
    const file = files[address.pathname];
    if (file !== undefined) {
      response.writeHead(200, { 'content-type': file[1], 'content-security-policy': policy });
      response.end(await readFile(resolve(page, file[0])));
      return;
    }
    if (address.pathname === '/api/login') {
      const { key } = JSON.parse(await bodyOf(request)) as { key: string };
      const known = key === fakeKey;
      if (known) response.setHeader('set-cookie', 'session=1; HttpOnly; SameSite=Strict; Path=/');
      json(response, known ? 200 : 401, { status: known ? 'success' : 'error' });
      return;
    }
    if (!/\bsession=1\b/.test(request.headers.cookie ?? '')) return json(response, 401, { status: 'error' });
    this.#answerKnown(address, response);
  }

  #answerKnown(address: URL, response: ServerResponse): void {
    const agent = address.searchParams.get('agent');
    const wanted = this.lines.filter((line) => agent === null || line.agent === agent);
    switch (address.pathname) {
      case '/api/session':
        json(response, 200, { authenticated: true });
        return;
      case '/api/logout':
        response.setHeader('set-cookie', 'session=; Path=/; Max-Age=0');
        json(response, 200, {});
        return;
      case `/api/agent/${this.detailed.id}`:
        json(response, 200, { status: 'success', detail: this.detailed.detail });
        return;
      case '/api/agents':
        json(response, 200, { status: 'success', agents: this.agents });
        return;
      case '/api/lines':
        json(response, 200, wanted.slice(-Number(address.searchParams.get('limit'))));
        return;
      case '/api/streams':
      case '/api/chains':
      case '/api/events': {
        const name = address.pathname.slice('/api/'.length) as keyof FakeHub['proof'];
        json(response, 200, { status: 'success', [name]: this.proof[name] });
        return;
      }
      case '/api/tail': {
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
        response.write(': here\n\n');
        const tail = { agent, response };
        this.#tails.add(tail);
        response.on('close', () => this.#tails.delete(tail));
        return;
      }
      default:
        json(response, 404, {});
    }
  }
}

function event(name: string, value: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

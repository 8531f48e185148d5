import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { HttpRequest, ServeOptions, Server, ServerReply } from '../net.ts';
import { NetError } from '../net.ts';
import { nodeNet } from './net.ts';

const net = nodeNet();
const loopback = { host: '127.0.0.1', port: 0 };

async function serve(
  context: TestContext,
  handle: (request: HttpRequest) => Promise<ServerReply>,
  more: Partial<ServeOptions> = {},
): Promise<Server> {
  const options = { listen: loopback, bodyBytesMax: 1000, requestTimeoutMs: 10_000, ...more };
  const server = await net.serve(options, handle);
  context.after(() => server.close(0).catch(() => undefined));
  return server;
}

async function connectTo(server: Server): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Sends bytes and gives everything that comes until the server closes. */
async function talk(server: Server, text: string): Promise<string> {
  const socket = await connectTo(server);
  socket.write(text);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Sends bytes and hangs up as soon as there is an answer; gives what had come by then. */
async function ask(server: Server, text: string): Promise<string> {
  const socket = await connectTo(server);
  socket.write(text);
  const [chunk] = await once(socket, 'data');
  socket.destroy();
  return String(chunk);
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error instanceof NetError ? error.code : String(error)),
  );
}

const plain = async (): Promise<ServerReply> => ({ status: 200, headers: {}, body: 'yes' });

test('gives the handler the request as it came, and sends its reply', async (context) => {
  const seen: HttpRequest[] = [];
  const server = await serve(context, async (request) => {
    seen.push(request);
    return { status: 201, headers: { 'x-a': 'b' }, body: 'ñ' };
  });
  const reply = await net.send({
    method: 'POST',
    url: `http://127.0.0.1:${server.port}/a%20b?c=%2F`,
    headers: { 'X-API-Key': 'k' },
    body: [Buffer.from('body')],
    timeoutMs: 10_000,
    replyBytesMax: 100,
  });
  const [request] = seen;
  assert.deepEqual(
    [request?.method, request?.path, request?.query, request?.headers['x-api-key'], String(request?.body)],
    ['POST', '/a%20b', 'c=%2F', 'k', 'body'],
  );
  assert.equal(request?.remoteAddress, '127.0.0.1');
  assert.deepEqual([reply.status, reply.headers['x-a'], String(reply.body)], [201, 'b', 'ñ']);
});

test('a body over the bound is refused at once by its length, and while it comes without one', async (context) => {
  let handled = 0;
  const server = await serve(context, async () => {
    handled += 1;
    return plain();
  });
  const declared = await ask(server, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n');
  assert.match(declared, /^HTTP\/1.1 413 .*Connection: close/is);
  const chunked = `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n${'x'.repeat(1001)}\r\n`;
  assert.match(await ask(server, chunked), /^HTTP\/1.1 413 /);
  assert.equal(handled, 0);
});

test('a client that is still sending gets to see the refusal', async (context) => {
  const server = await serve(context, plain);
  const reply = await net.send({
    method: 'POST',
    url: `http://127.0.0.1:${server.port}/`,
    headers: {},
    body: Array.from({ length: 64 }, () => new Uint8Array(256 * 1024)),
    timeoutMs: 10_000,
    replyBytesMax: 100,
  });
  assert.equal(reply.status, 413);
});

test('who may not send is refused before the body is read, and others are not', async (context) => {
  const seen: string[] = [];
  const handle = async (request: HttpRequest) => {
    seen.push(request.path);
    return plain();
  };
  const no: ServerReply = { status: 401, headers: { 'x-a': 'b' }, body: 'no' };
  const server = await serve(context, handle, { screen: ({ path }) => (path === '/no' ? no : null) });
  const unsent = (path: string, length: number) =>
    `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;
  assert.match(await ask(server, unsent('/no', 999)), /^HTTP\/1.1 401 .*Connection: close.*no$/is);
  assert.match(await ask(server, `${unsent('/yes', 2)}hi`), /^HTTP\/1.1 200 /);
  assert.match(await ask(server, 'GET /no HTTP/1.1\r\nHost: a\r\n\r\n'), /^HTTP\/1.1 200 /);
  assert.deepEqual(seen, ['/yes', '/no']);
});

test('a refusal says the bound, that nothing was kept, and what to do', async (context) => {
  const server = await serve(context, plain);
  const text = await ask(server, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n');
  assert.deepEqual(JSON.parse(text.slice(text.indexOf('\r\n\r\n'))), {
    status: 'error',
    message: 'The body is over 1000 bytes; nothing of it was kept, send it in smaller parts.',
    code: 'BODY_TOO_LARGE',
  });
});

test('a client that waits for leave to send gets it, or the refusal', async (context) => {
  const server = await serve(context, plain);
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\n';
  assert.match(await talk(server, `${head}Content-Length: 2\r\n\r\nhi`), /^HTTP\/1.1 100 .*HTTP\/1.1 200 /s);
  assert.match(await ask(server, `${head}Content-Length: 2000\r\n\r\n`), /^HTTP\/1.1 413 /);
});

test('what is not HTTP, or contradicts itself, is answered with 400', async (context) => {
  const server = await serve(context, plain);
  assert.match(await talk(server, 'hello\r\n\r\n'), /^HTTP\/1.1 400 /);
  assert.match(
    await talk(
      server,
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ),
    /^HTTP\/1.1 400 /,
  );
  assert.match(await talk(server, 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'), /^HTTP\/1.1 400 /);
});

test('a client that is slow to say what it wants is cut off with 408', async (context) => {
  const server = await serve(context, plain, { requestTimeoutMs: 40 });
  assert.match(await talk(server, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Le'), /^HTTP\/1.1 408 /);
  assert.match(
    await talk(server, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab'),
    /^HTTP\/1.1 408 /,
  );
});

test('who sends head or body a byte at a time is cut off all the same, and others are served', async (context) => {
  const server = await serve(context, plain, { requestTimeoutMs: 200 });
  const heads = ['POST / HTTP/1.1\r\n', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n'];
  const loris = heads.map(async (head) => {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(head);
    const drip = setInterval(() => socket.write('x'), 10);
    await new Promise((resolve) => socket.on('close', resolve));
    clearInterval(drip);
  });
  const reply = await net.send({
    method: 'GET',
    url: `http://127.0.0.1:${server.port}/`,
    headers: {},
    body: [],
    timeoutMs: 10_000,
    replyBytesMax: 10,
  });
  assert.equal(reply.status, 200);
  await Promise.all(loris);
});

test('a handler that throws is answered with 500 and nothing of the cause', async (context) => {
  const server = await serve(context, () => Promise.reject(new Error('secret')));
  const text = await talk(server, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.match(text, /^HTTP\/1.1 500 /);
  assert.doesNotMatch(text, /secret/);
});

test('the handler hears when its client hangs up', async (context) => {
  let arrived = (_request: HttpRequest) => {};
  const arriving = new Promise<HttpRequest>((resolve) => {
    arrived = resolve;
  });
  const server = await serve(context, async (request) => {
    arrived(request);
    await once(request.signal, 'abort');
    return plain();
  });
  const socket = await connectTo(server);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const { signal } = await arriving;
  const heard = once(signal, 'abort');
  socket.destroy();
  await heard;
});

test('pieces wait for a slow reader, and end when he hangs up', async (context) => {
  let given = 0;
  let ended = () => {};
  const ending = new Promise<void>((resolve) => {
    ended = resolve;
  });
  async function* endless() {
    try {
      while (given < 1000) {
        given += 1;
        yield new Uint8Array(64 * 1024);
      }
    } finally {
      ended();
    }
  }
  const server = await serve(context, async () => ({ status: 200, headers: {}, body: endless() }));
  const socket = await connectTo(server);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(socket, 'readable');
  // They are made without waiting for anything else: unchecked, all would be there before the first is read.
  assert.ok(given < 1000, 'pieces were made for a reader who takes none');
  socket.destroy();
  await ending;
});

test('what was sent is let go of while the reply goes on', async (context) => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const sent: WeakRef<Uint8Array>[] = [];
  let alive = Number.NaN;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let count = 0; count < 100; count++) {
      const piece = new Uint8Array(64 * 1024);
      sent.push(new WeakRef(piece));
      yield piece;
    }
    // A WeakRef keeps its target until the end of the turn in which it was made or read.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    alive = sent.filter((reference) => reference.deref() !== undefined).length;
  }
  const server = await serve(context, async () => ({ status: 200, headers: {}, body: pieces() }));
  const text = await talk(server, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.ok(text.length > 100 * 64 * 1024);
  assert.ok(alive < 10, `${alive} pieces are kept`);
});

test('a piece that is being waited for does not keep a reply whose reader has left', async (context) => {
  let returned = () => {};
  const returning = new Promise<void>((resolve) => {
    returned = resolve;
  });
  const pieces: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => undefined),
      return: async () => {
        returned();
        return { done: true, value: undefined };
      },
    }),
  };
  const server = await serve(context, async () => ({ status: 200, headers: {}, body: pieces }));
  const socket = await connectTo(server);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(socket, 'data');
  socket.destroy();
  await returning;
});

test('pieces that fail cut the reply, so that its end is missing', async (context) => {
  const told = new AbortController();
  async function* failing() {
    yield 'one';
    if (!told.signal.aborted) await once(told.signal, 'abort');
    throw new Error('no more');
  }
  const server = await serve(context, async () => ({ status: 200, headers: {}, body: failing() }));
  const socket = await connectTo(server);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    if (text.includes('one')) told.abort();
  }
  assert.match(text, /one/);
  assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
});

test('closing lets a running request end and takes no new ones', async (context) => {
  let finish = (_reply: ServerReply) => {};
  let arrived = () => {};
  const arriving = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const server = await serve(context, () => {
    arrived();
    return new Promise((resolve) => {
      finish = resolve;
    });
  });
  const text = talk(server, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await arriving;
  const closing = server.close(60_000);
  finish(await plain());
  assert.match(await text, /^HTTP\/1.1 200 .*Connection: close.*yes$/is);
  await closing;
  await assert.rejects(connectToPort(server.port), /ECONNREFUSED/);
});

test('closing cuts what does not end in time', async (context) => {
  let arrived = () => {};
  const arriving = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const server = await serve(context, () => {
    arrived();
    return new Promise(() => undefined);
  });
  const text = talk(server, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n').catch(() => 'cut');
  await arriving;
  await server.close(1);
  assert.match(await text, /^(cut)?$/);
});

async function connectToPort(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
}

test('an address that is taken is an error', async (context) => {
  const server = await serve(context, plain);
  const again = net.serve(
    { listen: { ...loopback, port: server.port }, bodyBytesMax: 1, requestTimeoutMs: 1000 },
    plain,
  );
  assert.equal(await codeOf(again), 'EADDRINUSE');
});

test('a socket is for its owner, answers requests, and goes when it closes', async (context) => {
  const socketPath = join(fs.mkdtempSync(join(tmpdir(), 'almadia-socket-')), 'agent.sock');
  const server = await serve(context, plain, { listen: { socketPath } });
  assert.equal(fs.statSync(socketPath).mode & 0o777, 0o600);
  const url = `unix:${socketPath}:/status`;
  const request = {
    method: 'GET',
    url,
    headers: {},
    body: [],
    timeoutMs: 10_000,
    replyBytesMax: 10,
  } as const;
  assert.equal(String((await net.send(request)).body), 'yes');
  assert.deepEqual(
    (await net.diagnose(url, { timeoutMs: 10_000 })).map(({ ok }) => ok),
    [true],
  );
  const options = { listen: { socketPath }, bodyBytesMax: 1, requestTimeoutMs: 1000 };
  assert.equal(await codeOf(net.serve(options, plain)), 'EADDRINUSE');
  await server.close(0);
  assert.deepEqual(fs.readdirSync(join(socketPath, '..')), []);
  assert.equal(await codeOf(net.send(request)), 'ENOENT');
});

test('a socket is made in its own directory alone', {
  skip: process.platform !== 'linux',
}, async (context) => {
  const directory = fs.openSync(fs.mkdtempSync(join(tmpdir(), 'almadia-socket-')), 'r');
  context.after(() => fs.closeSync(directory));
  // Beside this path nothing can be made, as beside the state of an agent without privileges.
  const socketPath = `/proc/self/fd/${directory}/agent.sock`;
  await serve(context, plain, { listen: { socketPath } });
  assert.ok(fs.lstatSync(socketPath).isSocket());
});

test('a socket left behind by a process that died is replaced; a file in its place is not', async (context) => {
  const directory = fs.mkdtempSync(join(tmpdir(), 'almadia-socket-'));
  const socketPath = join(directory, 'agent.sock');
  const dead = createServer();
  dead.listen(join(directory, 'dead'));
  await once(dead, 'listening');
  fs.renameSync(join(directory, 'dead'), socketPath);
  dead.close();
  await once(dead, 'close');
  assert.ok(fs.lstatSync(socketPath).isSocket());
  await serve(context, plain, { listen: { socketPath } });
  const file = join(directory, 'file');
  fs.writeFileSync(file, 'precious');
  const options = { listen: { socketPath: file }, bodyBytesMax: 1, requestTimeoutMs: 1000 };
  assert.equal(await codeOf(net.serve(options, plain)), 'EEXIST');
  const long = { ...options, listen: { socketPath: join(directory, 'x'.repeat(100)) } };
  assert.equal(await codeOf(net.serve(long, plain)), 'ENAMETOOLONG');
  assert.equal(fs.readFileSync(file, 'utf8'), 'precious');
});

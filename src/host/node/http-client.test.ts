import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { makeCertificate } from '../../../test/certificate.ts';
import { type ClientRequest, NetError } from '../net.ts';
import { nodeNet } from './net.ts';

const net = nodeNet();

async function listen(context: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    if (server instanceof http.Server || server instanceof https.Server) server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function toPort(port: number, more: Partial<ClientRequest> = {}): ClientRequest {
  return {
    method: 'POST',
    url: `http://127.0.0.1:${port}/path?a=b`,
    headers: {},
    body: [],
    timeoutMs: 10_000,
    replyBytesMax: 1000,
    ...more,
  };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error instanceof NetError ? error.code : String(error)),
  );
}

/** Answers every connection with the same bytes once something has come. */
function speaking(text: string, then: (socket: Socket) => void = () => undefined): Server {
  return createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(text);
      then(socket);
    });
  });
}

test('sends all parts as one body with its length, and gives the whole reply', async (context) => {
  const seen: unknown[] = [];
  const server = http.createServer(async (request, response) => {
    const chunks = await request.toArray();
    seen.push(request.method, request.url, request.headers['content-length'], String(Buffer.concat(chunks)));
    response.writeHead(201, { 'X-One': ['a', 'b'] }).end('reply');
  });
  const port = await listen(context, server);
  const reply = await net.send(toPort(port, { body: [Buffer.from('one'), Buffer.from('two')] }));
  assert.deepEqual(seen, ['POST', '/path?a=b', '6', 'onetwo']);
  assert.equal(reply.status, 201);
  assert.equal(reply.headers['x-one'], 'a, b');
  assert.equal(String(reply.body), 'reply');
  assert.equal(reply.cut, false);
});

test('uses one connection for many requests', async (context) => {
  let connections = 0;
  const server = http.createServer((_request, response) => response.end('x'));
  server.on('connection', () => {
    connections += 1;
  });
  const port = await listen(context, server);
  for (let round = 0; round < 5; round += 1) await net.send(toPort(port));
  assert.equal(connections, 1);
});

test('a redirect is a reply', async (context) => {
  const port = await listen(
    context,
    http.createServer((_request, response) => response.writeHead(302, { location: '/other' }).end()),
  );
  const reply = await net.send(toPort(port));
  assert.deepEqual([reply.status, reply.headers.location], [302, '/other']);
});

test('a reply longer than allowed is cut and marked, though it never ends', async (context) => {
  const port = await listen(
    context,
    http.createServer((_request, response) => {
      const more = () => response.write('x'.repeat(500));
      response.on('drain', more);
      while (more());
    }),
  );
  const reply = await net.send(toPort(port));
  assert.deepEqual([reply.body.length, reply.cut], [1000, true]);
});

test('an answer that does not come ends in time, also within the reply', async (context) => {
  const silent = await listen(
    context,
    createServer(() => undefined),
  );
  assert.equal(await codeOf(net.send(toPort(silent, { timeoutMs: 20 }))), 'TIMEOUT');
  const half = await listen(context, speaking('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab'));
  assert.equal(await codeOf(net.send(toPort(half, { timeoutMs: 20 }))), 'TIMEOUT');
});

test('the caller can give up, before and while', async (context) => {
  const abort = new AbortController();
  const port = await listen(
    context,
    createServer(() => abort.abort()),
  );
  assert.equal(await codeOf(net.send(toPort(port), abort.signal)), 'ABORTED');
  assert.equal(await codeOf(net.send(toPort(port), abort.signal)), 'ABORTED');
});

test('a refused connection, a reset and a reply that breaks off have their codes', async (context) => {
  const server = createServer();
  const port = await listen(context, server);
  server.close();
  await once(server, 'close');
  assert.equal(await codeOf(net.send(toPort(port))), 'ECONNREFUSED');
  const resetting = await listen(
    context,
    speaking('', (socket) => socket.resetAndDestroy()),
  );
  assert.equal(await codeOf(net.send(toPort(resetting))), 'ECONNRESET');
  const short = await listen(
    context,
    speaking('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab', (socket) => socket.end()),
  );
  assert.equal(await codeOf(net.send(toPort(short))), 'ECONNRESET');
  const strange = await listen(context, speaking('SSH-2.0-OpenSSH_9.2\r\n'));
  assert.match(await codeOf(net.send(toPort(strange))), /^HPE_/);
});

test('a kept connection that the server has closed is not tried again', async (context) => {
  let requests = 0;
  const port = await listen(
    context,
    createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => {
        requests += 1;
        if (requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        else socket.resetAndDestroy();
      });
    }),
  );
  await net.send(toPort(port));
  assert.equal(await codeOf(net.send(toPort(port))), 'ECONNRESET');
  assert.equal(requests, 2);
});

test('what cannot be an address or a header is an error, not an exception', async (context) => {
  assert.equal(await codeOf(net.send(toPort(1, { url: 'ftp://host/' }))), 'ERR_INVALID_URL');
  assert.equal(await codeOf(net.send(toPort(1, { url: 'not an address' }))), 'ERR_INVALID_URL');
  const port = await listen(context, http.createServer());
  assert.equal(await codeOf(net.send(toPort(port, { headers: { 'x-key': 'a\nb' } }))), 'ERR_INVALID_CHAR');
});

test('an answer before the body has been read is taken', async (context) => {
  const port = await listen(
    context,
    speaking('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno', (socket) => {
      socket.resume();
    }),
  );
  const body = [new Uint8Array(8_000_000)];
  const reply = await net.send(toPort(port, { body }));
  assert.deepEqual([reply.status, String(reply.body)], [413, 'no']);
});

test('certificates are verified, against the given ones where there are any', async (context) => {
  const [good, other] = [makeCertificate(), makeCertificate()];
  const expired = makeCertificate({ notAfter: new Date('2021-01-01') });
  const elsewhere = makeCertificate({ name: 'elsewhere.example' });
  const serve = (pair: { cert: string; key: string }) =>
    listen(
      context,
      https.createServer(pair, (_request, response) => response.end('safe')),
    );
  const send = async (port: number, ca?: string) =>
    net.send(toPort(port, { url: `https://localhost:${port}/`, ...(ca === undefined ? {} : { ca }) }));

  const port = await serve(good);
  assert.equal(String((await send(port, good.cert)).body), 'safe');
  assert.equal(await codeOf(send(port)), 'DEPTH_ZERO_SELF_SIGNED_CERT');
  assert.equal(await codeOf(send(port, other.cert)), 'DEPTH_ZERO_SELF_SIGNED_CERT');
  assert.equal(await codeOf(send(await serve(expired), expired.cert)), 'CERT_HAS_EXPIRED');
  assert.equal(await codeOf(send(await serve(elsewhere), elsewhere.cert)), 'ERR_TLS_CERT_ALTNAME_INVALID');
});

test('a server that asks who is there is shown the certificate that was given, and nobody else is', async (context) => {
  const [server, client, stranger] = [makeCertificate(), makeCertificate(), makeCertificate()];
  const asking = { ...server, ca: client.cert, requestCert: true, rejectUnauthorized: true };
  const port = await listen(
    context,
    https.createServer(asking, (_request, response) => response.end('known')),
  );
  const url = `https://localhost:${port}`;
  const send = (own: object) => net.send(toPort(port, { url: `${url}/`, ca: server.cert, ...own }));
  assert.equal(String((await send(client)).body), 'known');
  await assert.rejects(send({}), { name: 'NetError' });
  await assert.rejects(send(stranger), { name: 'NetError' });
  assert.equal(
    await codeOf(send({ cert: client.cert, key: stranger.key })),
    'ERR_OSSL_X509_KEY_VALUES_MISMATCH',
  );
  const options = { timeoutMs: 10_000, ca: server.cert, ...client };
  assert.deepEqual(
    (await net.diagnose(url, options)).map(({ ok }) => ok),
    [true, true, true],
  );
});

test('the diagnosis names the stage that fails, and the certificate', async (context) => {
  const [good, expired] = [makeCertificate(), makeCertificate({ notAfter: new Date('2021-01-01') })];
  const port = await listen(context, https.createServer(good));
  const expiredPort = await listen(context, https.createServer(expired));
  const stages = async (url: string, ca?: string) => {
    const options = ca === undefined ? { timeoutMs: 10_000 } : { timeoutMs: 10_000, ca };
    return (await net.diagnose(url, options)).map(({ stage, code }) => `${stage} ${code ?? 'ok'}`);
  };
  assert.deepEqual(await stages(`https://localhost:${port}`, good.cert), ['dns ok', 'tcp ok', 'tls ok']);
  assert.deepEqual(await stages(`https://localhost:${expiredPort}`, expired.cert), [
    'dns ok',
    'tcp ok',
    'tls CERT_HAS_EXPIRED',
  ]);
  assert.deepEqual(await stages(`http://127.0.0.1:${port}`), ['dns ok', 'tcp ok']);
  const [, , tls] = await net.diagnose(`https://localhost:${port}`, { timeoutMs: 10_000 });
  assert.equal(tls?.code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
  assert.match(tls?.detail ?? '', /certificate of Almadia test.*2049/);
  const mute = await listen(
    context,
    createServer(() => undefined),
  );
  const [, , late] = await net.diagnose(`https://127.0.0.1:${mute}`, { timeoutMs: 20 });
  assert.equal(late?.code, 'TIMEOUT');
});

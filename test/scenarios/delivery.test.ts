/** Servers that are away, wrong, slow, hostile: nothing is lost, and what is set aside is named. */
import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import type { HttpRequest, ServerReply } from '../../src/host/net.ts';
import { captivePortal, captivePortalWithoutType, ilaSocServer, json } from '../compat/seed-servers.ts';
import { serveOnSocket } from '../compat/socket.ts';
import { asFile, byStream, Journey, journeyKey, numbered } from '../support/journey.ts';
import { serveRaw } from '../support/raw-server.ts';

const isIngest = (request: HttpRequest) => request.path === '/api/agent/ingest-batch';

/** Gives these replies to the first batches, then lets the hub answer. */
function firstAnswers(replies: readonly ServerReply[], wanted = isIngest) {
  const left = [...replies];
  return async (request: HttpRequest, hub: () => Promise<ServerReply>): Promise<ServerReply> =>
    (wanted(request) ? left.shift() : undefined) ?? (await hub());
}

test('DEL-01: what is written while the server is absent arrives in order when it comes', async () => {
  await using journey = await Journey.open({ batch: { recordsMax: 10 } });
  await journey.stopHub();
  const lines = numbered('line', 100);
  await writeFile(journey.path('a.log'), asFile(lines.slice(0, 50)));
  await journey.startAgent();
  await journey.until('it is away', () => journey.status.output.connection === 'away');
  await appendFile(journey.path('a.log'), asFile(lines.slice(50)));
  await journey.until('it is kept', () => journey.status.buffer.spooledRecords === 100);
  await journey.startHub();
  const stored = await journey.exactly(lines);
  assert.deepEqual(
    stored.map((line) => line.text),
    lines,
  );
});

test('DEL-03: an error of the server is tried again, and the status tells it', async () => {
  let broken = true;
  const answer = async (request: HttpRequest, hub: () => Promise<ServerReply>) =>
    broken && isIngest(request)
      ? json(500, { status: 'error', message: 'the disk is on fire' })
      : await hub();
  await using journey = await Journey.start({ answer });
  await writeFile(journey.path('a.log'), 'one\n');
  await journey.until('the error is seen', () => journey.status.output.lastError !== null);
  const { connection, lastError, nextTryAtMs } = journey.status.output;
  assert.equal(connection, 'away');
  assert.match(lastError?.reason ?? '', /500.*the disk is on fire/);
  assert.ok(nextTryAtMs === null || nextTryAtMs > 0);
  broken = false;
  await journey.exactly(['one']);
});

const accepted = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';

test('DEL-05: a reply that stalls, and one that breaks off, are no success', async () => {
  await using server = await serveRaw((socket, number) => {
    if (number === 0) socket.write(`${accepted}Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":`);
    else if (number === 1) socket.end(`${accepted}Content-Length: 100\r\n\r\n{"status"`);
    else socket.end(`${accepted}Content-Length: 2\r\nConnection: close\r\n\r\n{}`);
  });
  await using journey = await Journey.start({
    output: { type: 'sync-logs', url: `http://127.0.0.1:${server.port}/api`, timeoutMs: 300, source: 'web' },
  });
  await writeFile(journey.path('a.log'), 'one\n');
  await journey.until('it is settled', () => journey.status.totals.ackedLines === 1);
  assert.equal(server.bodies.length, 3);
  for (const body of server.bodies) assert.deepEqual(JSON.parse(body).logs, ['one']);
});

test('DEL-06: trailers, chunk extensions, split ends and upper-case sizes are a success', async () => {
  const body = '{"status":"success"}';
  const size = body.length.toString(16).toUpperCase();
  const parts = [
    `${accepted}Transfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n`,
    `${size};name="value"\r\n${body.slice(0, 7)}`,
    `${body.slice(7)}\r`,
    '\n0',
    '\r\nX-End: yes\r\n',
    '\r\n',
  ];
  await using server = await serveRaw((socket) => void writeParts(socket, parts));
  await using journey = await Journey.start({
    output: { type: 'sync-logs', url: `http://127.0.0.1:${server.port}/api`, source: 'web' },
  });
  await writeFile(journey.path('a.log'), 'one\n');
  await journey.until('it is settled', () => journey.status.totals.ackedLines === 1);
  assert.equal(server.bodies.length, 1);
});

/** Each part in a packet of its own. */
async function writeParts(socket: Socket, parts: readonly string[]): Promise<void> {
  socket.setNoDelay(true);
  for (const part of parts) {
    await new Promise<void>((resolve) => socket.write(part, () => setImmediate(resolve)));
  }
}

test('DEL-08: a page, an empty body, another batch, 204: nothing is settled that is not proved', async () => {
  const other = { batch_id: 'f'.repeat(64), records: 1, duplicates: 0 };
  const answer = firstAnswers([
    captivePortal,
    captivePortalWithoutType,
    { status: 200, headers: {}, body: '' },
    json(200, { status: 'success', total: 1, almadia: other }),
    json(200, { status: 'success', total: 1 }),
    json(200, { status: 'success', total: 7 }),
    { status: 204, headers: {}, body: '' },
  ]);
  await using journey = await Journey.start({ answer });
  await writeFile(journey.path('a.log'), 'one\n');
  await journey.exactly(['one']);
});

test('DEL-10: 413 splits a batch down to the one line that is too large', async () => {
  const answer = async (request: HttpRequest, hub: () => Promise<ServerReply>) =>
    isIngest(request) && request.body.length > 3000 ? json(413, { message: 'too large' }) : await hub();
  await using journey = await Journey.start({ answer, output: { gzip: 'never' } });
  const lines = numbered('line', 200);
  await writeFile(journey.path('a.log'), asFile([...lines, 'x'.repeat(4000), 'last']));
  await journey.untilCount(201);
  await journey.until('it is set aside', () => journey.status.deadLetters.records === 1);
  const [letter] = journey.agent.deadLetters.list();
  assert.match(letter?.reason ?? '', /too large/);
  await journey.exactly([...lines, 'last']);
  assert.equal(journey.status.deadLetters.records, 1);
});

for (const status of [400, 422]) {
  test(`DEL-11: the one record that is refused with ${status} is found, the others arrive`, async () => {
    const answer = async (request: HttpRequest, hub: () => Promise<ServerReply>) =>
      isIngest(request) && Buffer.from(request.body).includes('poison')
        ? json(status, { message: 'this record is not to my taste' })
        : await hub();
    await using journey = await Journey.start({ answer, output: { gzip: 'never' } });
    const lines = numbered('line', 50);
    await writeFile(journey.path('a.log'), asFile([...lines.slice(0, 20), 'poison', ...lines.slice(20)]));
    await journey.untilCount(50);
    await journey.until('it is set aside', () => journey.status.deadLetters.records === 1);
    const [letter] = journey.agent.deadLetters.list();
    assert.match(letter?.reason ?? '', /not to my taste/);
    assert.equal(Buffer.from(journey.agent.deadLetters.body(letter!.id) ?? []).toString(), 'poison\n');
    await journey.exactly(lines);
  });
}

test('DEL-13: redirects are not followed, the key goes nowhere else, and nothing is lost', async () => {
  let elsewhere = 0;
  await using other = await serveOnSocket(async () => {
    elsewhere += 1;
    return json(200, { status: 'success' });
  });
  const redirects = [301, 302, 307, 308].flatMap((status) => [
    { status, headers: { location: `${other.url}/api/agent/ingest-batch` }, body: '' },
    { status, headers: { location: '/elsewhere' }, body: '' },
  ]);
  const wrong = [404, 405, 401, 403].map((status) => json(status, { status: 'error', message: 'no' }));
  const seen = new Set<string>();
  const answers = firstAnswers([...redirects, ...wrong]);
  await using journey = await Journey.start({
    answer: (request, hub) => {
      seen.add(request.path);
      return answers(request, hub);
    },
    retry: { initialMs: 10, maxMs: 10 },
  });
  await writeFile(journey.path('a.log'), 'one\n');
  await journey.untilSaid(/destination\.refused/);
  await journey.exactly(['one']);
  assert.equal(elsewhere, 0);
  assert.ok(!seen.has('/elsewhere'));
});

test('DEL-16: a hub put back from an older copy gets again what it lost, and nothing runs in circles', async () => {
  await using journey = await Journey.start();
  const path = journey.path('a.log');
  await writeFile(path, asFile(numbered('old', 10)));
  await journey.untilCount(10);
  await journey.stopHub();
  cpSync(`${journey.home}/hub`, `${journey.home}/copy`, { recursive: true });
  await journey.startHub();
  await appendFile(path, asFile(numbered('between', 10)));
  await journey.untilCount(20);
  await journey.until('it is settled', () => journey.status.totals.ackedLines === 20);
  await journey.stopHub();
  rmSync(`${journey.home}/hub`, { recursive: true });
  cpSync(`${journey.home}/copy`, `${journey.home}/hub`, { recursive: true });
  await journey.startHub();
  await appendFile(path, asFile(numbered('new', 10)));
  await journey.until('all lines are there', async () => (await journey.stored()).length === 30);
  await journey.mark();
  const [stream] = await journey.streams();
  assert.equal(stream?.ranges.length, 1, 'there is no hole');
  assert.equal(stream.lines, 30);
});

test('DEL-18: malformed requests get an answer, and nothing of them is stored', async () => {
  await using journey = await Journey.open();
  const port = Number(new URL(journey.url).port);
  const head = (line: string, more: readonly string[] = []) =>
    [`${line} HTTP/1.1`, 'Host: hub', `X-API-Key: ${journeyKey}`, 'Connection: close', ...more, '', ''].join(
      '\r\n',
    );
  const post = 'POST /api/agent/ingest-batch';
  const whole = JSON.stringify({
    agent_id: 'raw',
    logs: [{ log_text: 'split', source: 'a', timestamp: '' }],
  });
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['bad JSON', [`${head(post, ['Content-Length: 5'])}{"a":`], /^HTTP\/1\.1 400/],
    ['GET', [head('GET /api/agent/ingest-batch')], /^HTTP\/1\.1 40[45]/],
    ['empty Content-Length', [head(post, ['Content-Length:'])], /^HTTP\/1\.1 400/],
    [
      'both lengths',
      [`${head(post, ['Content-Length: 5', 'Transfer-Encoding: chunked'])}0\r\n\r\n`],
      /^HTTP\/1\.1 400/,
    ],
    ['no such thing', ['\x16\x03\x01\x02\x00hello\r\n\r\n'], /^HTTP\/1\.1 400/],
    [
      'split',
      [head(post, [`Content-Length: ${whole.length}`]).slice(0, 30)].concat(
        head(post, [`Content-Length: ${whole.length}`]).slice(30),
        whole.slice(0, 20),
        whole.slice(20),
      ),
      /^HTTP\/1\.1 200/,
    ],
  ];
  for (const [name, parts, expected] of cases) assert.match(await exchange(port, parts), expected, name);
  assert.deepEqual(
    (await journey.stored()).map((line) => line.text),
    ['split'],
  );
});

async function exchange(port: number, parts: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (bytes: Buffer) => {
    received += bytes.toString();
  });
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => socket.destroy());
  await writeParts(socket, parts);
  await closed;
  return received;
}

test('DEL-20: five hundred connections that say nothing do not keep an agent out', async () => {
  await using journey = await Journey.open();
  const port = Number(new URL(journey.url).port);
  const idle = await Promise.all(
    numbered('idle', 500).map(
      () =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect(port, '127.0.0.1', () => resolve(socket));
          socket.on('error', reject);
        }),
    ),
  );
  try {
    await writeFile(journey.path('a.log'), 'one\n');
    await journey.startAgent();
    await journey.exactly(['one']);
  } finally {
    for (const socket of idle) socket.destroy();
  }
});

test('DEL-21: a batch that arrives late once more, behind others, is stored once and in its place', async () => {
  const late: (() => Promise<ServerReply>)[] = [];
  let number = 0;
  const answer = async (request: HttpRequest, hub: () => Promise<ServerReply>): Promise<ServerReply> => {
    if (!isIngest(request)) return await hub();
    number += 1;
    if (number % 3 !== 1) return await hub();
    // The proxy keeps the request for later and says that nobody is there.
    late.push(hub);
    return json(503, { message: 'later' });
  };
  await using journey = await Journey.start({
    answer,
    batch: { recordsMax: 10 },
    retry: { initialMs: 1, maxMs: 1 },
  });
  const lines = numbered('line', 100);
  await writeFile(journey.path('a.log'), asFile(lines));
  await journey.until('all arrive', async () => (await journey.stored()).length === 100);
  for (const deliver of late) await deliver();
  const stored = await journey.stored();
  assert.deepEqual(
    stored.map((line) => line.text),
    lines,
  );
});

test('DEL-21: two agents at one hub keep the order of each of their streams', async () => {
  await using first = await Journey.start({ batch: { recordsMax: 7 } });
  await using second = await Journey.start({
    batch: { recordsMax: 5 },
    output: { url: first.url, key: journeyKey },
  });
  for (const [name, journey] of [
    ['first', first],
    ['second', second],
  ] as const) {
    for (const file of ['a', 'b'])
      await writeFile(journey.path(`${file}.log`), asFile(numbered(`${name}-${file}`, 100)));
  }
  await first.untilCount(400);
  const streams = byStream(await first.stored());
  assert.equal(streams.length, 4);
  for (const lines of streams) {
    const name = lines[0]!.text.slice(0, -2);
    assert.deepEqual(
      lines.map((line) => line.text),
      numbered(name, 100),
    );
  }
});

test('an ila-soc server that forgot the agent gets everything once it is registered again', async () => {
  const server = ilaSocServer({ key: 'k' });
  await using socket = await serveOnSocket(server.handle);
  await using journey = await Journey.start({ output: { type: 'ila-soc', url: socket.url, key: 'k' } });
  await writeFile(journey.path('a.log'), 'one\n');
  await journey.until('it arrives', () => server.lines.length === 1);
  server.forget();
  await appendFile(journey.path('a.log'), 'two\n');
  await journey.until('it arrives', () => server.lines.length === 2);
});

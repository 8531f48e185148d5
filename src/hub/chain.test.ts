import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { cut, gap, lines, type Piece } from '../../test/compat/batches.ts';
import { blockOf, ChainOfTests, type Made, partOf } from '../../test/hub/chained.ts';
import { type HubUnderTest, ndjson, startHub } from '../../test/hub/fixture.ts';
import type { Statement } from '../event/chain.ts';
import { nodeDatabases } from '../host/node/database.ts';
import { nodeWork } from '../host/node/work.ts';
import { linkHash, readReceipt, receiptVerifies } from '../protocol/chain.ts';
import type { Session } from '../protocol/protocol.ts';
import { toldEventsMax } from '../protocol/told-events.ts';
import { storeName } from './hub.ts';

const [one, two] = ['a'.repeat(32), 'b'.repeat(32)];
const [first, second] = ['1'.repeat(32), '2'.repeat(32)];

async function send(hub: HubUnderTest, made: Made, session: Partial<Session> = {}) {
  const headers = { 'content-type': 'application/vnd.almadia.block' };
  return hub.ask('/api/agent/ingest-batch', { body: blockOf(made, session), headers });
}

async function register(hub: HubUnderTest, instance: string, hostname = 'web', epoch?: string) {
  const almadia = { chain: 1, instance, version: '1', ...(epoch === undefined ? {} : { epoch }) };
  const body = { agent_id: 'web', hostname, os_type: 'Linux', almadia };
  return (await hub.ask('/api/agent/register', { body })).json.almadia;
}

async function eventsOf(hub: HubUnderTest): Promise<{ kind: string; detail: string }[]> {
  return (await hub.ask('/api/events?agent=web')).json.events;
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into replies of many shapes.
async function streamsOf(hub: HubUnderTest): Promise<any> {
  return (await hub.ask('/api/agent/streams?agent_id=web')).json;
}

async function auditOf(hub: HubUnderTest) {
  const found = ndjson((await hub.ask('/api/audit?agent=web&content=1')).text);
  return { chains: found.filter(({ epoch }) => epoch !== undefined), end: found.at(-1)! };
}

/** Lets somebody with a tool at the hub's file. */
async function tamper(context: TestContext, hub: HubUnderTest, sql: string): Promise<HubUnderTest> {
  await hub.close();
  const database = nodeDatabases().open(join(hub.directory, storeName));
  database.transaction('full', () => database.exec(sql));
  database.close();
  return startHub(context, { directory: hub.directory });
}

function at(from: number, text: string, stream = one): Piece {
  return lines(text, { from, stream });
}

test('the chain is offered to whom asks for it, with the same hub after a restart', async (context) => {
  const hub = await startHub(context);
  const plain = await hub.ask('/api/agent/register', { body: { agent_id: 'web' } });
  assert.equal(plain.json.almadia.chain, undefined);
  const offer = await register(hub, first);
  assert.deepEqual([offer.chain, offer.link], [1, null]);
  assert.match(offer.hub.id, /^[0-9a-f]{32}$/);
  await hub.close();
  const again = await startHub(context, { directory: hub.directory });
  assert.deepEqual((await register(again, first)).hub, offer.hub);
  await again.close();
  const other = await startHub(context);
  const stranger = (await register(other, first)).hub;
  assert.ok(stranger.id !== offer.hub.id && stranger.public_key !== offer.hub.public_key);
  await other.close();
});

test('a batch with a link gets a receipt that verifies, and one more when it comes again', async (context) => {
  const hub = await startHub(context);
  const { public_key: publicKey, id } = (await register(hub, first)).hub;
  const made = new ChainOfTests().next([at(0, 'one\ntwo\n')]);
  const link = linkHash(made.batch.chain, nodeWork);
  for (const [records, duplicates] of [
    [2, 0],
    [0, 2],
  ]) {
    const { almadia } = (await send(hub, made)).json;
    const receipt = readReceipt(almadia.receipt)!;
    assert.ok(receiptVerifies(receipt, publicKey, nodeWork));
    assert.deepEqual(
      { ...receipt, signature: '' },
      {
        ...{ hub: id, agentId: 'web', batchId: made.batch.id, contentHash: made.batch.contentHash },
        ...{ epoch: 'e'.repeat(32), sequence: 1, part: '', records, duplicates, link },
        ...{ time: '2026-01-01T00:00:00.000Z', signature: '' },
      },
    );
  }
  assert.deepEqual((await register(hub, first)).link, {
    ...{ epoch: 'e'.repeat(32), sequence: 1, hash: link, highest: 1 },
  });
  assert.equal((await auditOf(hub)).chains[0].repeats, 1);
  await hub.close();
});

test('the link stated is of the agent’s own epoch where the hub knows it, with the highest that came', async (context) => {
  const hub = await startHub(context);
  const [own, newer] = [new ChainOfTests('a'.repeat(32)), new ChainOfTests('b'.repeat(32))];
  const [one, two, three] = [0, 4, 8].map((from) => own.next([at(from, 'abc\n')]));
  for (const made of [one!, three!, newer.next([at(12, 'abc\n')])]) await send(hub, made);
  const stated = async (epoch?: string) => (await register(hub, first, 'web', epoch)).link;
  const brief = ({ epoch, sequence, highest }: Awaited<ReturnType<typeof stated>>) =>
    `${epoch[0]} ${sequence} ${highest}`;
  assert.equal(brief(await stated(own.epoch)), 'a 1 3');
  for (const epoch of [undefined, newer.epoch, 'c'.repeat(32)])
    assert.equal(brief(await stated(epoch)), 'b 1 1');
  await send(hub, two!);
  assert.equal(brief(await stated(own.epoch)), 'a 3 3');
  await hub.close();
});

test('bytes that are not those of the hash are refused, and nothing of them is stored', async (context) => {
  const hub = await startHub(context);
  const { batch, body } = new ChainOfTests().next([at(0, 'one\n')]);
  const block = Buffer.from(blockOf({ batch, body }));
  block[block.length - 2] = 0x58;
  const reply = await hub.ask('/api/agent/ingest-batch', { body: block });
  assert.equal(reply.status, 400);
  assert.deepEqual((await streamsOf(hub)).streams, []);
  assert.equal((await register(hub, first)).link, null);
  await hub.close();
});

test('a chain is contiguous up to what is missing, and names it', async (context) => {
  const hub = await startHub(context);
  const chain = new ChainOfTests();
  const made = [0, 4, 8, 12].map((from) => chain.next([at(from, 'abc\n')]));
  for (const index of [0, 1, 3]) await send(hub, made[index]!);
  assert.equal((await register(hub, first)).link.sequence, 2);
  const { chains, end } = await auditOf(hub);
  assert.deepEqual(chains[0].missing, [{ from: 3, to: 4 }]);
  const [summary] = (await hub.ask('/api/chains?agent=web')).json.chains;
  assert.deepEqual([summary.contiguous_to, summary.newest, summary.repeats], [2, 4, 0]);
  assert.equal(end.complete, false);
  await send(hub, made[2]!);
  assert.equal((await register(hub, first)).link.sequence, 4);
  assert.deepEqual((await auditOf(hub)).end, { complete: true, streams: 1, epochs: 1 });
  assert.deepEqual(await eventsOf(hub), []);
  await hub.close();
});

test('the chain closes over a batch that was set aside, whose lines fill their range later', async (context) => {
  const hub = await startHub(context);
  const chain = new ChainOfTests();
  const refused = chain.next([at(0, 'bad\n')]);
  const segments = [{ stream: one, path: '/var/log/app.log', from: 0, to: 4, reason: 'refused' }];
  const statement: Statement = { batchId: refused.batch.id, chain: refused.batch.chain, segments };
  await send(hub, chain.next([at(4, 'good\n')], { statements: [statement] }));
  assert.equal((await register(hub, first)).link.sequence, 2);
  assert.deepEqual((await streamsOf(hub)).streams[0].gaps, [[0, 4, 'dead: refused']]);
  await send(hub, refused);
  const [stream] = (await streamsOf(hub)).streams;
  assert.deepEqual([stream.ranges, stream.gaps], [[[0, 9]], []]);
  assert.equal((await auditOf(hub)).end.complete, true);
  assert.deepEqual(await eventsOf(hub), []);
  await hub.close();
});

test('two batches for one place are both stored, and the broken chain is an event', async (context) => {
  const hub = await startHub(context);
  await send(hub, new ChainOfTests().next([at(0, 'one\n')]));
  assert.equal((await send(hub, new ChainOfTests().next([at(0, 'two\n', two)]))).status, 200);
  assert.equal((await streamsOf(hub)).streams.length, 2);
  const [event] = await eventsOf(hub);
  assert.deepEqual(event!.kind, 'chain-broken');
  assert.match(event!.detail, /^link 1 of e{32}: two batches claim the same place$/);
  const { chains } = await auditOf(hub);
  assert.deepEqual(
    chains[0].broken.map(({ why }: { why: string }) => why),
    ['two-batches', 'two-batches'],
  );
  await hub.close();
});

test('a link that is not of the one before is an event, and the chain is contiguous up to it', async (context) => {
  const hub = await startHub(context);
  const chain = new ChainOfTests();
  await send(hub, chain.next([at(0, 'one\n')]));
  const { batch, body } = chain.next([at(4, 'two\n')]);
  await send(hub, { batch: { ...batch, chain: { ...batch.chain, previous: 'f'.repeat(64) } }, body });
  assert.equal((await register(hub, first)).link.sequence, 1);
  assert.match((await eventsOf(hub))[0]!.detail, /^link 2 of e{32}: it is not of the link before$/);
  const { chains } = await auditOf(hub);
  assert.deepEqual(chains[0].broken, [{ sequence: 2, part: '', batch_id: batch.id, why: 'previous' }]);
  await hub.close();
});

test('a new epoch that follows another says why, once', async (context) => {
  const hub = await startHub(context);
  const made = new ChainOfTests().next([at(0, 'one\n')]);
  await send(hub, made);
  const hash = linkHash(made.batch.chain, nodeWork);
  const breaks = { epoch: 'e'.repeat(32), sequence: 1, hash, reason: 'state-lost' } as const;
  const next = new ChainOfTests('f'.repeat(32)).next([at(0, 'two\n', two)], { breaks });
  await send(hub, next);
  await send(hub, next);
  assert.deepEqual(
    (await eventsOf(hub)).map(({ kind, detail }) => [kind, detail]),
    [['chain-epoch', `a new chain of batches: state-lost; the agent left ${'e'.repeat(32)} at link 1`]],
  );
  assert.equal((await register(hub, first)).link.epoch, 'f'.repeat(32));
  assert.deepEqual((await auditOf(hub)).chains[1].left, breaks);
  await hub.close();
});

test('an agent gets its streams back, the newest first, with what it said of them', async (context) => {
  const hub = await startHub(context);
  const chain = new ChainOfTests();
  const older = chain.next([at(0, 'one\n')], { descriptions: new Map([[one, { size: 4 }]]) });
  const newer = chain.next(
    [at(4, 'two\n'), gap(5, 'unreadable', { from: 8, stream: one }), at(0, 'b\n', two)],
    {
      descriptions: new Map([[one, { size: 8 }]]),
    },
  );
  await send(hub, newer);
  await send(hub, older);
  const { hub: id, streams, next } = await streamsOf(hub);
  assert.equal(id, (await register(hub, first)).hub.id);
  const path = '/var/log/app.log';
  assert.deepEqual(streams, [
    { stream: two, path, lines: 1, ranges: [[0, 2]], gaps: [], description: null },
    {
      stream: one,
      path,
      lines: 2,
      ranges: [[0, 8]],
      gaps: [[8, 13, 'unreadable']],
      description: { size: 8 },
    },
  ]);
  assert.equal(next, null);
  assert.deepEqual(
    (await eventsOf(hub)).map(({ kind }) => kind),
    ['gap'],
  );
  assert.equal((await hub.ask('/api/agent/streams')).status, 400);
  assert.equal((await hub.ask('/api/agent/streams?agent_id=web&after=x')).status, 400);
  await hub.close();
});

test('streams come in pages, each of them once', async (context) => {
  const hub = await startHub(context);
  const pieces = Array.from({ length: 1500 }, (_, index) =>
    at(0, 'x\n', index.toString(16).padStart(32, '0')),
  );
  await send(hub, new ChainOfTests().next(pieces));
  const seen: string[] = [];
  let after = '';
  let pages = 0;
  do {
    const { json } = await hub.ask(`/api/agent/streams?agent_id=web&after=${after}`);
    seen.push(...json.streams.map(({ stream }: { stream: string }) => stream));
    after = json.next ?? '';
    pages += 1;
  } while (after !== '');
  assert.deepEqual([pages, seen.length, new Set(seen).size], [2, 1500, 1500]);
  await hub.close();
});

test('an agent id on two hosts is named, and a restarted agent is not', async (context) => {
  const hub = await startHub(context);
  await register(hub, first, 'alpha');
  await register(hub, second, 'beta');
  await register(hub, second, 'beta');
  assert.deepEqual(await eventsOf(hub), []);
  const late = new ChainOfTests().next([at(0, 'one\n')]);
  await send(hub, late, { instance: second });
  await send(hub, late, { instance: first });
  assert.deepEqual(await eventsOf(hub), [], 'a batch that is known says nothing of who lives');
  await register(hub, first, 'alpha');
  await register(hub, second, 'beta');
  const [event, ...more] = await eventsOf(hub);
  assert.equal(event!.kind, 'agent-cloned');
  assert.match(event!.detail, /on alpha and on beta/);
  assert.deepEqual(more, []);
  await hub.close();
});

test('a cloned agent is named by its batches too, also after the hub was started again', async (context) => {
  const hub = await startHub(context);
  await register(hub, first, 'alpha');
  await register(hub, second, 'beta');
  await hub.close();
  const again = await startHub(context, { directory: hub.directory });
  await send(again, new ChainOfTests().next([at(0, 'one\n')]), { instance: first });
  assert.deepEqual(
    (await eventsOf(again)).map(({ kind }) => kind),
    ['agent-cloned'],
  );
  await again.close();
});

test('what an agent tells in its heartbeat is an event, once', async (context) => {
  const hub = await startHub(context);
  await register(hub, first);
  const event = {
    ...{ id: 'c'.repeat(32), kind: 'source-edited', at: '2026-01-01T00:00:05.000Z', stream: one },
    ...{ path: '/var/log/a\0.log', detail: 'shortened to 5 bytes' },
  };
  const wrong = [{ ...event, id: 'x' }, { ...event, kind: 'gap' }, { ...event, at: 'soon' }, 7];
  const body = { agent_id: 'web', almadia: { events: [event, event, ...wrong] } };
  await hub.ask('/api/agent/heartbeat', { body });
  assert.equal((await hub.ask('/api/agent/heartbeat', { body })).status, 200);
  const [found, ...more] = (await hub.ask('/api/events')).json.events;
  assert.deepEqual({ ...found, id: 0 }, { ...event, id: 0, agent: 'web', path: '/var/log/a\ufffd.log' });
  assert.deepEqual(more, []);
  await hub.close();
});

test('a heartbeat may hold as many events as may be told at once, with the longest texts', async (context) => {
  const hub = await startHub(context);
  await register(hub, first);
  const events = Array.from({ length: toldEventsMax }, (_, index) => ({
    ...{ id: index.toString(16).padStart(32, '0'), kind: 'receipt-refused', at: '2026-01-01T00:00:05.000Z' },
    ...{ path: 'ñ€'.repeat(4096), detail: '€'.repeat(1024) },
  }));
  const reply = await hub.ask('/api/agent/heartbeat', { body: { agent_id: 'web', almadia: { events } } });
  assert.equal(reply.status, 200);
  assert.equal((await eventsOf(hub)).length, toldEventsMax);
  await hub.close();
});

test('other bytes at positions that are stored are a fork and an event', async (context) => {
  const hub = await startHub(context);
  const chain = new ChainOfTests();
  await send(hub, chain.next([at(0, 'one\n')]));
  await send(hub, chain.next([at(0, 'two\n')]));
  assert.deepEqual(
    (await eventsOf(hub)).map(({ kind }) => kind),
    ['fork'],
  );
  assert.equal((await auditOf(hub)).end.complete, true);
  await hub.close();
});

test('a batch whose lines somebody removed is named by stream, positions and link', async (context) => {
  let hub = await startHub(context);
  const chain = new ChainOfTests();
  const made = [0, 4, 8].map((from) => chain.next([at(from, 'abc\n')]));
  for (const batch of made) await send(hub, batch);
  const range = { from: 4, to: 8, stream: one, path: '/var/log/app.log' };
  const lost = [{ ...range, sequence: 2, part: '', batch_id: made[1]!.batch.id }];
  hub = await tamper(context, hub, 'DELETE FROM blocks WHERE start = 4');
  assert.deepEqual((await auditOf(hub)).chains[0].lost, lost);
  hub = await tamper(
    context,
    hub,
    `UPDATE ranges SET "end" = 4; INSERT INTO ranges (stream, start, "end") SELECT stream, 8, 12 FROM ranges`,
  );
  assert.deepEqual((await auditOf(hub)).chains[0].lost, lost);
  assert.equal((await auditOf(hub)).end.complete, false);
  await hub.close();
});

test('a link that somebody removed is named, also the last', async (context) => {
  let hub = await startHub(context);
  const chain = new ChainOfTests();
  for (const from of [0, 4, 8]) await send(hub, chain.next([at(from, 'abc\n')]));
  hub = await tamper(context, hub, 'DELETE FROM links WHERE sequence >= 2');
  assert.deepEqual((await auditOf(hub)).chains[0].missing, [{ from: 2, to: 4 }]);
  await hub.close();
});

test('changed links and changed lines are found', async (context) => {
  let hub = await startHub(context);
  const chain = new ChainOfTests();
  const overlong = cut('begin', 100, { from: 8, stream: one });
  await send(hub, chain.next([at(0, 'abc\ndef\n'), overlong]));
  const made = chain.next([at(108, 'ghi\n')]);
  await send(hub, made);
  assert.equal((await auditOf(hub)).end.complete, true);
  hub = await tamper(context, hub, `UPDATE links SET batch = 'x' WHERE sequence = 2`);
  const [found] = (await auditOf(hub)).chains;
  assert.deepEqual(found.broken, [{ sequence: 2, part: '', batch_id: 'x', why: 'hash' }]);
  hub = await tamper(
    context,
    hub,
    `UPDATE links SET batch = '${made.batch.id}', content = zeroblob(32) WHERE sequence = 2`,
  );
  const [other] = (await auditOf(hub)).chains;
  assert.deepEqual(other.broken, [{ sequence: 2, part: '', batch_id: made.batch.id, why: 'content' }]);
  await hub.close();
});

test('a store of the format before is taken over, with its lines', async (context) => {
  let hub = await startHub(context);
  await send(hub, new ChainOfTests().next([at(0, 'one\n')]), { chain: 0 });
  hub = await tamper(
    context,
    hub,
    'DROP TABLE epochs; DROP TABLE links; DROP TABLE descriptions; DROP TABLE events; DROP TABLE removed; PRAGMA user_version = 2',
  );
  await send(hub, new ChainOfTests().next([at(4, 'two\n')]));
  assert.deepEqual((await streamsOf(hub)).streams[0].ranges, [[0, 8]]);
  assert.equal((await auditOf(hub)).end.complete, true);
  await hub.close();
});

test('in whatever order, how often and how split batches come, the same is stored', async (context) => {
  const chain = new ChainOfTests();
  const texts = ['a1\na2\n', 'b1\nb2\nb3\n', 'c1\n', 'd1\nd2\n'];
  let from = 0;
  const ways = texts.map((text) => {
    const pieces = [at(from, text), at(from, text, two)];
    from += text.length;
    const whole = chain.next(pieces);
    return { whole, halves: [partOf(whole, '0', [pieces[0]!]), partOf(whole, '1', [pieces[1]!])] };
  });
  const wanted = ['a1', 'a2', 'b1', 'b2', 'b3', 'c1', 'd1', 'd2'];
  const { whole: last } = ways.at(-1)!;
  const link = { epoch: chain.epoch, sequence: 4, hash: linkHash(last.batch.chain, nodeWork), highest: 4 };
  const all = ways.flatMap(({ whole, halves }, index) => [
    { index, sends: [whole] },
    { index, sends: halves },
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...all), { maxLength: 8 }),
      fc.tuple(...ways.map(() => fc.boolean())),
      fc.array(fc.nat(1000), { minLength: 24, maxLength: 24 }),
      async (repeats, splits, order) => {
        const each = ways.map((way, index) => (splits[index] ? way.halves : [way.whole]));
        const sends = [...each.flat(), ...repeats.flatMap((repeat) => repeat.sends)]
          .map((made, index) => ({ made, key: order[index % order.length]! }))
          .sort((left, right) => left.key - right.key);
        const hub = await startHub(context);
        const replies = await Promise.all(sends.map(({ made }) => send(hub, made)));
        assert.ok(replies.every(({ status, json }) => status === 200 && json.almadia.receipt !== undefined));
        assert.deepEqual((await register(hub, first)).link, link);
        const { streams } = await streamsOf(hub);
        assert.deepEqual(
          streams.map(({ ranges }: { ranges: unknown }) => ranges),
          [[[0, from]], [[0, from]]],
        );
        for (const stream of [one, two]) {
          const found = ndjson((await hub.ask(`/api/export?stream=${stream}`)).text);
          assert.deepEqual(
            found.map(({ text }) => text),
            wanted,
          );
        }
        assert.equal((await auditOf(hub)).end.complete, true);
        assert.deepEqual(await eventsOf(hub), []);
        await hub.close();
      },
    ),
    { numRuns: 40 },
  );
});

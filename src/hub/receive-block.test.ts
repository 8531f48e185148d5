import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf, cut, gap, lines, type Piece } from '../../test/compat/batches.ts';
import { envelope, ndjson, startHub } from '../../test/hub/fixture.ts';
import { nodeWork } from '../host/node/work.ts';
import { encodeBlock } from '../protocol/block.ts';
import { ingestPath } from '../protocol/ila-soc.ts';
import type { Session } from '../protocol/protocol.ts';

const session: Session = {
  ...{ agentId: 'web', hostname: 'web-1', osType: 'Linux', key: 'k', version: '1' },
  ...{ envelope: 1, gzip: true, block: 1 },
};

function blockOf(...pieces: readonly Piece[]): { readonly id: string; readonly body: Buffer } {
  const { batch, body } = batchOf(...pieces);
  return { id: batch.id, body: Buffer.concat(encodeBlock(batch, body, session).body) };
}

test('a block is stored byte for byte, and once', async (context) => {
  const hub = await startHub(context);
  const bytes = Buffer.concat([Buffer.from('one\r\n\n'), Buffer.from([0x61, 0xff, 0x0a])]);
  const { id, body } = blockOf(
    lines(bytes),
    cut('begin', 100, { from: bytes.length }),
    gap(20, 'unreadable', { from: bytes.length + 100 }),
    lines('last', { from: bytes.length + 120 }),
  );
  const first = await hub.ask(ingestPath, { body });
  assert.deepEqual([first.json.status, first.json.total], ['success', 5]);
  assert.deepEqual(first.json.almadia, { batch_id: id, records: 5, duplicates: 0 });
  const again = await hub.ask(ingestPath, { body });
  assert.deepEqual(again.json.almadia, { batch_id: id, records: 0, duplicates: 5 });
  const found = ndjson((await hub.ask('/api/export?agent=web')).text);
  assert.deepEqual(
    found.map((line) => [line.from, line.to, line.source, line.raw ?? line.text, line.cut ?? false]),
    [
      [0, 5, 'app.log', 'one', false],
      [5, 6, 'app.log', '', false],
      [6, 9, 'app.log', Buffer.from([0x61, 0xff]).toString('base64'), false],
      [9, 109, 'app.log', 'begin', true],
      [129, 133, 'app.log', 'last', false],
    ],
  );
  const [stream] = (await hub.ask('/api/streams?agent=web')).json.streams;
  assert.deepEqual(stream.gaps, [{ from: 109, to: 129, reason: 'unreadable' }]);
  await hub.close();
});

test('a block is compressed in any encoding that was offered', async (context) => {
  const hub = await startHub(context);
  const registration = { agent_id: 'web', hostname: 'web-1', os_type: 'Linux' };
  const { encodings } = (await hub.ask('/api/agent/register', { body: registration })).json.almadia;
  assert.deepEqual(encodings, nodeWork.encodings);
  let from = 0;
  for (const encoding of nodeWork.encodings) {
    const { id, body } = blockOf(lines('one\ntwo\n', { from }));
    const packed = await nodeWork.compress(encoding, [body]);
    const reply = await hub.ask(ingestPath, { body: packed, headers: { 'content-encoding': encoding } });
    assert.deepEqual(reply.json.almadia, { batch_id: id, records: 2, duplicates: 0 }, encoding);
    from += 8;
  }
  const unknown = await hub.ask(ingestPath, { body: '', headers: { 'content-encoding': 'snappy' } });
  assert.equal(unknown.status, 415);
  assert.equal(unknown.headers['accept-encoding'], ['deflate', ...nodeWork.encodings].join(', '));
  await hub.close();
});

test('what came with the envelope is recognised in a block, and the other way round', async (context) => {
  const hub = await startHub(context);
  const stream = 'a'.repeat(32);
  const ingest = '/api/agent/ingest-batch';
  await hub.ask(ingest, { body: envelope(0, ['one', 'two']) });
  const { body } = blockOf(lines('one\ntwo\nthree\n', { stream, path: '/var/log/a.log' }));
  assert.equal((await hub.ask(ingestPath, { body })).json.almadia.duplicates, 2);
  const again = await hub.ask(ingest, { body: envelope(4, ['two', 'three']) });
  assert.deepEqual([again.json.almadia.records, again.json.almadia.duplicates], [0, 2]);
  const other = await hub.ask(ingest, { body: envelope(4, ['TWO', 'three']) });
  assert.equal(other.json.almadia.records, 2);
  assert.equal((await hub.ask('/api/streams?agent=web')).json.streams[1].fork_of, stream);
  await hub.close();
});

test('a dry run checks a block and stores nothing, and a bad one is refused', async (context) => {
  const hub = await startHub(context);
  const { body } = blockOf(lines('one\n'));
  assert.equal((await hub.ask(`${ingestPath}?dry_run=1`, { body })).json.total, 1);
  assert.equal((await hub.ask('/api/export')).text, '');
  const bad = await hub.ask(ingestPath, { body: body.subarray(0, -1) });
  assert.deepEqual([bad.status, bad.json.code], [400, 'BODY_INVALID']);
  assert.equal((await hub.ask(ingestPath, { body, key: 'wrong' })).status, 401);
  await hub.close();
});

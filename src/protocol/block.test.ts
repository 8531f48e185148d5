import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { batchOf, cut, gap, lines } from '../../test/compat/batches.ts';
import { nodeWork } from '../host/node/work.ts';
import { decodeBlock, encodeBlock } from './block.ts';
import { hub } from './hub.ts';
import { ingestPath } from './ila-soc.ts';
import type { Incoming } from './incoming.ts';
import type { Session } from './protocol.ts';

const session: Session = {
  ...{ agentId: 'web-ñ', hostname: 'web', osType: 'Linux', key: 'k', version: '1' },
  ...{ envelope: 1, gzip: true, block: 1 },
};
const stream = 'a'.repeat(32);

function decoded(body: Uint8Array): Incoming {
  const result = decodeBlock(body, nodeWork);
  assert.equal(result.kind, 'decoded', result.kind === 'refused' ? result.reason : '');
  return (result as Extract<typeof result, { kind: 'decoded' }>).value;
}

function refusalOf(body: Uint8Array): string {
  const result = decodeBlock(body, nodeWork);
  return result.kind === 'refused' ? `${result.status} ${result.reason}` : 'decoded';
}

/** A block of one's own making. */
function block(segments: readonly object[], bytes = '', header: object = {}): Buffer {
  const text = JSON.stringify({ agent_id: 'web', batch_id: 'b', segments, ...header });
  return Buffer.from(`almadia-block/1 ${Buffer.byteLength(text)}\n${text}\n${bytes}`);
}

const head = { stream, path: '/var/log/a.log', from: 10, to: 14, kind: 'lines' };

test('a server that offers blocks gets the bytes of the files themselves', () => {
  const bytes = Buffer.concat([
    Buffer.from('one\r\n\n'),
    Buffer.from([0xff, 0xfe, 0x0a]),
    Buffer.from('end'),
  ]);
  const { batch, body } = batchOf(lines(bytes), cut('begin', 100), gap(50, 'unreadable'));
  const { request, records } = hub.encode(batch, body, session);
  assert.equal(request!.path, ingestPath);
  assert.equal(request!.headers['content-type'], 'application/vnd.almadia.block');
  assert.equal(request!.body[1]!.buffer, body[0]!.buffer);
  const found = decoded(Buffer.concat(request!.body));
  assert.deepEqual([found.agentId, found.batchId, found.records], ['web-ñ', batch.id, records]);
  const [first, second, third] = batch.segments;
  assert.deepEqual(
    found.segments.map((segment) => (segment.kind === 'text' ? { ...segment, text: 0 } : segment)),
    [
      { ...placeOf(first!), kind: 'text', from: first!.from, text: 0, count: 4 },
      {
        ...{ ...placeOf(second!), kind: 'lines', from: second!.from },
        records: [{ to: second!.to, bytes: Buffer.from('begin'), cut: true }],
      },
      { ...placeOf(third!), kind: 'gap', from: third!.from, to: third!.to, reason: 'unreadable' },
    ],
  );
  const text = found.segments[0]!;
  assert.deepEqual(text.kind === 'text' && Buffer.from(text.text), bytes);
});

function placeOf({ stream: name, path }: { readonly stream: string; readonly path: string }) {
  return { stream: name, path, source: path.slice(path.lastIndexOf('/') + 1) };
}

test('without the offer of blocks the envelope is spoken', () => {
  const { batch, body } = batchOf(lines('one\n'));
  for (const { block: offered, ...rest } of [session, { ...session, block: 0 }]) {
    const older = offered === 0 ? { ...rest, block: 0 } : rest;
    assert.equal(hub.encode(batch, body, older).request!.path, '/api/agent/ingest-batch');
  }
});

test('keys of later versions are passed over', () => {
  const found = decoded(block([{ ...head, hash: 'f00' }], 'one\n', { sequence: 7, previous: 'f00' }));
  assert.equal(found.records, 1);
});

test('says what is wrong with a block', () => {
  const cases: readonly [string, Uint8Array][] = [
    ['400 the body does not begin as a block does', Buffer.from('{"agent_id":"web"}')],
    ['400 the body does not begin as a block does', new Uint8Array()],
    ['400 the body does not begin as a block does', Buffer.from(`almadia-block/1 ${'9'.repeat(10)}\n`)],
    ['400 the block has version 2, not 1', Buffer.from('almadia-block/2 2\n{}\n')],
    ['400 the header of the block does not end where it should', Buffer.from('almadia-block/1 3\n{}\n')],
    [
      '400 the header of the block does not end where it should',
      Buffer.from('almadia-block/1 999999999\n{}\n'),
    ],
    ['400 the header of the block: the body is not a JSON object', Buffer.from('almadia-block/1 2\n[]\n')],
    ['400 agent_id is not a text of 1 to 256 characters', block([], '', { agent_id: 7 })],
    ['400 batch_id is not a text of 1 to 128 characters', block([], '', { batch_id: '' })],
    ['400 segments is not a list', block([], '', { segments: {} })],
    ['400 segments[0].stream is no stream name', block([{ ...head, stream: '../x' }], 'one\n')],
    ['400 segments[0].from and .to are no range', block([{ ...head, to: 9 }], '')],
    [
      '400 segments[0].kind is none of lines, cut, gap, filtered, dead',
      block([{ ...head, kind: 'all' }], 'one\n'),
    ],
    ['400 segments[0] has not as many bytes as it says', block([head], 'one')],
    ['400 segments[0] has not as many bytes as it says', block([{ ...head, to: 2 ** 53 - 1 }], 'one\n')],
    [
      '400 segments[0] has not as many bytes as it says',
      block([{ ...head, kind: 'cut', kept: 5 }], 'one more'),
    ],
    ['400 segments[0] has not as many bytes as it says', block([{ ...head, kind: 'cut', kept: -1 }], '')],
    ['400 segments[0] of kind cut holds a line end', block([{ ...head, kind: 'cut', kept: 3 }], 'o\nn')],
    ['400 segments[0].reason is none that a gap can have', block([{ ...head, kind: 'gap', reason: '' }], '')],
    ['400 the last 1 bytes belong to no segment', block([head], 'one\n\n')],
  ];
  for (const [wanted, body] of cases) assert.equal(refusalOf(body), wanted);
});

test('a header of too many values is not parsed', () => {
  const many = `{"segments":[${'[],'.repeat(1_500_000)}[]]}`;
  assert.match(refusalOf(Buffer.from(`almadia-block/1 ${many.length}\n${many}\n`)), /^413 /);
});

test('never throws, whatever the bytes are, and gives no more than they hold', () => {
  const good = block([head, { ...head, from: 14, to: 20, kind: 'cut', kept: 2 }], 'one\nab');
  fc.assert(
    fc.property(fc.nat(good.length), fc.nat(3), fc.uint8Array({ maxLength: 3 }), (at, out, put) => {
      const body = Buffer.concat([good.subarray(0, at), put, good.subarray(at + out)]);
      const result = decodeBlock(body, nodeWork);
      if (result.kind === 'refused') return;
      let held = 0;
      for (const segment of result.value.segments) {
        if (segment.kind === 'text') held += segment.text.length;
        if (segment.kind === 'lines') for (const record of segment.records) held += record.bytes.length;
      }
      assert.ok(held <= body.length);
    }),
    { numRuns: 2000 },
  );
});

test('the bytes of a request are views of the batch, without a copy', () => {
  const { batch, body } = batchOf(lines('one\ntwo\n'), lines('three\n'));
  const request = encodeBlock(batch, body, session);
  assert.deepEqual(request.body.slice(1), body);
  assert.ok(request.body.slice(1).every((part, index) => part.byteOffset === body[index]!.byteOffset));
});

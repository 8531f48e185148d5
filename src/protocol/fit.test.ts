import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { batchOf, lines } from '../../test/compat/batches.ts';
import { countLines } from '../lines/ends.ts';
import { encodedRoom, fitCut, fitLines, type Room } from './fit.ts';
import { ilaSocLimits } from './ila-soc.ts';
import { syncLogs } from './sync-logs.ts';

const session = {
  agentId: 'a',
  hostname: 'h',
  osType: 'Linux',
  key: 'k',
  version: '1',
  envelope: 0,
  gzip: false,
} as const;
const wide: Room = {
  bytes: 1 << 20,
  records: 10_000,
  encodedBytes: Number.POSITIVE_INFINITY,
  empty: true,
};

test('takes a block whole when everything fits', () => {
  const block = Buffer.from('one\ntwo\nthree');
  assert.deepEqual(fitLines(block, wide, ilaSocLimits), { bytes: 13, records: 3, encodedBytes: 0 });
});

test('takes whole lines only, up to the raw bytes and up to the records', () => {
  const block = Buffer.from('one\ntwo\nthree\n');
  assert.deepEqual(fitLines(block, { ...wide, bytes: 9 }, ilaSocLimits), {
    bytes: 8,
    records: 2,
    encodedBytes: 0,
  });
  assert.deepEqual(fitLines(block, { ...wide, records: 1 }, ilaSocLimits), {
    bytes: 4,
    records: 1,
    encodedBytes: 0,
  });
});

test('takes one line that is larger than the room into an empty batch, and none into another', () => {
  const block = Buffer.from('a long line\nnext\n');
  const room = { ...wide, bytes: 5 };
  assert.equal(fitLines(block, room, ilaSocLimits).bytes, 12);
  assert.equal(fitLines(block, { ...room, empty: false }, ilaSocLimits).bytes, 0);
  assert.equal(fitLines(block, { ...wide, records: 0, empty: false }, ilaSocLimits).bytes, 0);
  assert.equal(fitCut(block, room, ilaSocLimits).bytes, block.length);
  assert.equal(fitCut(block, { ...room, empty: false }, ilaSocLimits).bytes, 0);
});

test('never lets a body of sync-logs grow over its limit, and wastes less than one line', () => {
  const piece = fc.constantFrom('a', 'é', '"', '\\', '\u0001', ' ', '\t', '\r', '\uFEFF', '\n', 'xyzxyz');
  const text = fc.array(piece, { maxLength: 120 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 90, max: 200 }),
      fc.integer({ min: 1, max: 40 }),
      (content, body, line) => {
        const protocol = syncLogs({ source: 'sérver', bodyBytesMax: body, lineBytesMax: line });
        const { limits } = protocol;
        const room = { ...wide, encodedBytes: encodedRoom(limits) };
        let rest: Uint8Array = Buffer.from(content);
        while (rest.length > 0) {
          const fit = fitLines(rest, room, limits);
          assert.ok(fit.bytes > 0, 'there is progress');
          assert.equal(fit.records, countLines(rest.subarray(0, fit.bytes)));
          const { batch, body: bodies } = batchOf(lines(rest.subarray(0, fit.bytes)));
          const { request } = protocol.encode(batch, bodies, session);
          const bytes = request?.body.reduce((total, part) => total + part.length, 0) ?? 0;
          assert.ok(bytes <= body, `${bytes} of ${body}`);
          const next = fitLines(
            rest,
            { ...room, encodedBytes: Number.POSITIVE_INFINITY, records: fit.records + 1 },
            limits,
          );
          if (next.bytes > fit.bytes)
            assert.ok(next.encodedBytes > room.encodedBytes, 'one more would not fit');
          rest = rest.subarray(fit.bytes);
        }
      },
    ),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitBody } from '../event/batch.ts';
import { countLines } from '../lines/ends.ts';
import type { ProtocolLimits } from '../protocol/protocol.ts';
import type { Piece } from '../source/source.ts';
import { Batcher, type Draft } from './batcher.ts';

const unlimited: ProtocolLimits = {
  bodyBytesMax: null,
  envelopeBytes: 0,
  encodedBytes: (line) => line.length,
};
const at = { monotonicMs: 0, nowMs: 1_700_000_000_000 };

function piece(stream: string, from: number, text: string): Piece {
  const body = Buffer.from(text);
  const segment = { stream, path: `/${stream}`, from, to: from + body.length, kind: 'lines' } as const;
  return { segment, body, records: countLines(body), tail: body };
}

/** All bytes that drafts hold of a stream, checked to be without holes. */
function bytesOf(drafts: readonly Draft[], stream: string): string {
  let text = '';
  for (const draft of drafts) {
    const block = Buffer.concat(draft.bodies);
    splitBody(draft.segments, block).forEach((body, index) => {
      const segment = draft.segments[index]!;
      if (segment.stream !== stream) return;
      assert.equal(segment.from, Buffer.byteLength(text), 'no hole before the segment');
      text += Buffer.from(body).toString();
    });
  }
  return text;
}

test('pieces of a stream that follow one another become one segment, others stay apart', () => {
  const batcher = new Batcher({ bytesMax: 1000, recordsMax: 100, protocol: unlimited });
  batcher.add(piece('a', 0, 'one\n'), at);
  batcher.add(piece('b', 0, 'uno\n'), at);
  batcher.add(piece('a', 4, 'two\nunfinished'), at);
  batcher.add(piece('a', 18, 'other line\n'), at);
  const draft = batcher.close(at.nowMs);
  assert.deepEqual(
    draft.segments.map((segment) => [segment.stream, segment.from, segment.to]),
    [
      ['a', 0, 18],
      ['b', 0, 4],
      ['a', 18, 29],
    ],
  );
  assert.equal(draft.records, 5);
});

test('a batch closes at its records and at its bytes, between lines', () => {
  const batcher = new Batcher({ bytesMax: 10, recordsMax: 2, protocol: unlimited });
  const drafts = batcher.add(piece('a', 0, '1\n2\n3\n4444444\n555555555555555\n'), at);
  const all = [...drafts, batcher.close(at.nowMs)].filter((draft) => draft.records > 0);
  assert.deepEqual(
    all.map((draft) => Buffer.concat(draft.bodies).toString()),
    ['1\n2\n', '3\n4444444\n', '555555555555555\n'],
  );
});

test('a line larger than a batch goes alone, and a gap goes with any', () => {
  const batcher = new Batcher({ bytesMax: 4, recordsMax: 9, protocol: unlimited });
  const gap: Piece = {
    segment: { stream: 'a', path: '/a', from: 8, to: 90, kind: 'gap', reason: 'truncated-before-read' },
    body: new Uint8Array(0),
    records: 0,
    tail: new Uint8Array(0),
  };
  const drafts = [...batcher.add(piece('a', 0, '1234567\n'), at), ...batcher.add(gap, at), batcher.close(0)];
  assert.deepEqual(
    drafts.flatMap((draft) => draft.segments.map((one) => one.kind)),
    ['lines', 'gap'],
  );
});

test('whatever the pieces and the limits, every byte of every stream is in some batch, once and in order', () => {
  const line = fc.string({ maxLength: 12 }).map((text) => `${text.replaceAll('\n', '')}\n`);
  const streams = fc.array(
    fc.record({ stream: fc.constantFrom('a', 'b'), lines: fc.array(line, { minLength: 1, maxLength: 6 }) }),
  );
  const encodedBytesMax = fc.option(fc.integer({ min: 10, max: 60 }), { nil: null });
  fc.assert(
    fc.property(
      streams,
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 7 }),
      encodedBytesMax,
      (given, bytesMax, recordsMax, bodyBytesMax) => {
        const batcher = new Batcher({ bytesMax, recordsMax, protocol: { ...unlimited, bodyBytesMax } });
        const written: Record<string, string> = { a: '', b: '' };
        const drafts: Draft[] = [];
        for (const { stream, lines } of given) {
          const text = lines.join('');
          drafts.push(...batcher.add(piece(stream, Buffer.byteLength(written[stream]!), text), at));
          written[stream] += text;
        }
        drafts.push(batcher.close(at.nowMs));
        for (const stream of ['a', 'b']) assert.equal(bytesOf(drafts, stream), written[stream]);
        for (const draft of drafts) assert.ok(draft.records <= recordsMax);
      },
    ),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DiskError } from '../host/disk.ts';
import type { HubStream } from '../protocol/agent-streams.ts';
import type { Piece } from '../source/source.ts';
import type { Loss } from '../state/state.ts';
import { type Lacking, lackingOf, piecesOf } from './lacking.ts';

const stream = 'a'.repeat(32);

function settled(changes: Partial<Parameters<typeof lackingOf>[0]> = {}) {
  return {
    stream,
    ranges: [{ from: 10, to: 100 }],
    dead: [],
    losses: [],
    continuedAt: [],
    doubtful: false,
    ...changes,
  };
}

function atHub(changes: Partial<HubStream>): HubStream {
  return { stream, path: '/x', ranges: [], gaps: [], description: null, ...changes };
}

function loss(from: number, to: number, reason: string): Loss {
  return { atMs: 0, output: 'main', stream, path: '/x', from, to, term: 'gap', reason };
}

function brief(lacking: readonly Lacking[]): string {
  return lacking
    .map(({ from, to, reason }) => `${from}-${to}${reason === null ? '' : ` ${reason}`}`)
    .join(', ');
}

test('the hub lacks what was settled and is neither stored, a gap, nor set aside', () => {
  assert.equal(brief(lackingOf(settled(), undefined)), '10-100');
  const found = atHub({ ranges: [{ from: 0, to: 30 }], gaps: [{ from: 40, to: 50, reason: 'unreadable' }] });
  assert.equal(brief(lackingOf(settled(), found)), '30-40, 50-100');
  assert.equal(brief(lackingOf(settled({ dead: [{ from: 60, to: 70 }] }), found)), '30-40, 50-60, 70-100');
  assert.equal(brief(lackingOf(settled(), atHub({ ranges: [{ from: 0, to: 100 }] }))), '');
});

test('what a later generation has of it is asked for apart from what it has not', () => {
  assert.equal(
    brief(lackingOf(settled({ continuedAt: [50, 50, 5, 100, 200, 20] }), undefined)),
    '10-20, 20-50, 50-100',
  );
});

test('what the hub says that it has is sent again where it may be something else', () => {
  const found = atHub({ ranges: [{ from: 0, to: 80 }], gaps: [{ from: 80, to: 90, reason: 'unreadable' }] });
  const lacking = lackingOf(settled({ doubtful: true, losses: [loss(60, 70, 'unreadable')] }), found);
  // The loss is a gap that the hub need not be told: it has something there.
  assert.equal(brief(lacking), '10-60, 70-100');
  assert.deepEqual(lacking[0]?.claimed, [
    { from: 0, to: 80 },
    { from: 80, to: 90, reason: 'unreadable' },
  ]);
});

test('what never could be read is told as the gap that it was', () => {
  const losses = [loss(0, 20, 'unreadable'), loss(95, 120, 'nul-bytes'), loss(50, 60, 'no reason of today')];
  assert.equal(
    brief(lackingOf(settled({ losses }), undefined)),
    '10-20 unreadable, 20-50, 50-60 unreadable, 60-95, 95-100 nul-bytes',
  );
});

/** All pieces of a range of a file. */
async function read(
  file: Buffer | null,
  range: { readonly from: number; readonly to: number },
  limits = { lineBytesMax: 8, bytesMax: 16 },
): Promise<Piece[]> {
  const pieces: Piece[] = [];
  const source = {
    reread: async ({ from, to }: { readonly from: number; readonly to: number }) =>
      file === null ? null : file.subarray(from, to),
  };
  const reading = { source, path: '/x', ...limits };
  for await (const piece of piecesOf({ ...range, stream, reason: null, claimed: [] }, reading))
    pieces.push(piece);
  return pieces;
}

const line = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 40 });

test('pieces cover a range without a hole, lines whole and with their own bytes, long ones cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 12 }), fc.boolean(), async (texts, ends) => {
      const file = Buffer.from(texts.join('\n') + (ends ? '\n' : ''));
      const limit = 8;
      let at = 0;
      const expected: string[] = [];
      const found: string[] = [];
      for (const { segment, body, records } of await read(file, { from: 0, to: file.length })) {
        assert.equal(segment.from, at);
        at = segment.to;
        if (segment.kind === 'lines') assert.deepEqual(body, file.subarray(segment.from, segment.to));
        const lines = body.toString().split('\n');
        if (lines.at(-1) === '' && segment.kind === 'lines') lines.pop();
        assert.equal(records, lines.length);
        found.push(...lines);
      }
      for (const text of file.toString().split('\n')) expected.push(text.slice(0, limit));
      if (expected.at(-1) === '') expected.pop();
      assert.equal(at, file.length);
      assert.deepEqual(found, expected);
    }),
  );
});

test('what can be had no more is a gap, from where it ends', async () => {
  const [gone, ...others] = await read(null, { from: 5, to: 50 });
  assert.deepEqual(gone?.segment, {
    stream,
    path: '/x',
    from: 5,
    to: 50,
    kind: 'gap',
    reason: 'hub-went-back',
  });
  assert.deepEqual(others, []);
});

test('what can be had no more and the hub says that it has is no gap', async () => {
  const reading = { source: { reread: async () => null }, path: '/x', lineBytesMax: 8, bytesMax: 16 };
  const lacking = { stream, from: 5, to: 50, reason: null, claimed: [{ from: 0, to: 20 }] };
  const gaps: string[] = [];
  for await (const { segment } of piecesOf(lacking, reading)) gaps.push(`${segment.from}-${segment.to}`);
  assert.deepEqual(gaps, ['20-50']);
});

test('a file that cannot be read now is no gap', async () => {
  const source = { reread: () => Promise.reject(new DiskError('EIO', '/x', 'broken')) };
  const pieces = piecesOf(
    { stream, from: 0, to: 9, reason: null, claimed: [] },
    { source, path: '/x', lineBytesMax: 8, bytesMax: 16 },
  );
  await assert.rejects(pieces.next(), DiskError);
});

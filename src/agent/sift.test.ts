import assert from 'node:assert/strict';
import { appendFile, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { asFile, Journey } from '../../test/support/journey.ts';
import { countLines } from '../lines/ends.ts';
import { openLineMemory } from '../lines/line-memory.ts';
import type { Piece } from '../source/source.ts';
import { brokenOf } from './audit.ts';
import { type Filter, sift } from './sift.ts';

/** Lines are left out by what they say. */
const filter: Filter = (line) => /^(debug|secret)/.exec(Buffer.from(line).toString())?.[1] ?? null;

function pieceOf(text: string, from = 100): Piece {
  const body = Buffer.from(text);
  const segment = { stream: 's', path: '/s', from, to: from + body.length, kind: 'lines' } as const;
  return { segment, body, records: countLines(body), tail: body };
}

test('lines that a rule names become segments without bodies, runs of them one', () => {
  const pieces = sift(pieceOf('one\ndebug 1\ndebug 2\r\nsecret\ntwo'), filter);
  assert.deepEqual(
    pieces.map(({ segment, body, records, tail }) => {
      const { from, to, kind } = segment;
      const about = segment.kind === 'filtered' ? [segment.reason, segment.lines] : [];
      return [kind, from, to, ...about, Buffer.from(body).toString(), records, tail.length];
    }),
    [
      ['lines', 100, 104, 'one\n', 1, 4],
      ['filtered', 104, 121, 'debug', 2, '', 0, 21],
      ['filtered', 121, 128, 'secret', 1, '', 0, 28],
      ['lines', 128, 131, 'two', 1, 31],
    ],
  );
});

test('no byte and no line is lost or counted twice, whatever the lines are, and memory is given back', () => {
  const line = fc.constantFrom('a\n', 'debug\n', 'secret\r\n', '\n', 'debugging\n');
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), fc.constantFrom('', 'debug', 'x'), (lines, last) => {
      const text = lines.join('') + last;
      const memory = openLineMemory({ bytes: 1 << 20 });
      const region = memory.take(text.length);
      region.bytes.write(text, 'latin1');
      const pieces = sift({ ...pieceOf(text, 0), body: region.bytes, hold: region }, filter);
      let at = 0;
      let count = 0;
      for (const { segment, records, hold } of pieces) {
        assert.equal(segment.from, at);
        at = segment.to;
        count += segment.kind === 'filtered' ? segment.lines : records;
        hold?.release();
      }
      assert.deepEqual([at, count], [text.length, countLines(Buffer.from(text))]);
      assert.equal(memory.lentBytes, 0);
    }),
  );
});

test('a line over the limit is left out by its beginning', () => {
  const body = Buffer.from('secret');
  const segment = { stream: 's', path: '/s', from: 0, to: 50, kind: 'cut', kept: 6 } as const;
  const [left] = sift({ segment, body, records: 1, tail: Buffer.alloc(50) }, filter);
  assert.deepEqual(left?.segment, {
    ...{ stream: 's', path: '/s', from: 0, to: 50 },
    ...{ kind: 'filtered', reason: 'secret', lines: 1 },
  });
  assert.equal(left?.tail.length, 50);
});

test('what an agent leaves out is in its ledger, before and after a restart', async () => {
  await using journey = await Journey.open({ filter, output: { type: 'file', format: 'lines' } });
  const written = journey.path('../written');
  await journey.startAgent({ output: { path: written } });
  const lines = ['one', 'debug 1', 'two', 'secret', 'secret', 'three'];
  await appendFile(journey.path('a.log'), asFile(lines));
  const settled = () => journey.status.streams.find(({ path }) => path.endsWith('a.log'))?.lagBytes === 0;
  await journey.until('the lines are written', settled);
  await journey.stopAgent();
  await appendFile(journey.path('a.log'), asFile(['debug 2', 'four']));
  await journey.startAgent({ output: { path: written } });
  await journey.until('the rest is written', settled);
  assert.equal((await readFile(written)).toString(), asFile(['one', 'two', 'three', 'four']));
  const audit = journey.agent.audit();
  assert.ok(audit !== null);
  assert.deepEqual(brokenOf(audit), []);
  const [account] = audit.streams;
  assert.deepEqual(
    { seen: account?.seen, acked: account?.acked, filtered: account?.filtered },
    {
      seen: { bytes: 49, lines: 8 },
      acked: { bytes: 19, lines: 4 },
      filtered: { debug: { bytes: 16, lines: 2 }, secret: { bytes: 14, lines: 2 } },
    },
  );
});

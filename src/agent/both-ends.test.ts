import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { StatedLink } from '../event/chain.ts';
import type { Gap, Range } from '../protocol/agent-streams.ts';
import { accountOf, nothingPending } from './account.ts';
import type { Audit } from './audit.ts';
import { compareEnds } from './both-ends.ts';

const size = 24;
const range = fc
  .tuple(fc.nat(size), fc.nat(size))
  .map(([a, b]): Range => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const reason = fc.constantFrom('filtered: rule', 'dead: refused', 'hub-went-back');

function auditOf(given: { readonly base: number; readonly skipped: number; readonly to: number }): Audit {
  const { base, skipped, to } = given;
  const known = { stream: 's', path: '/s', status: 'followed', output: 'default', base } as const;
  const skip = {
    stream: 's',
    output: 'default',
    term: 'skipped',
    reason: '',
    bytes: skipped,
    lines: 0,
  } as const;
  const at = { size, read: to, watermark: to, lines: null };
  const account = accountOf({ ...known, ...at }, { waiting: nothingPending, ledger: [skip] });
  const about = {
    agentId: 'agent',
    atMs: 0,
    running: true,
    output: 'default',
    forgotten: null,
    since: null,
    signed: null,
  };
  return { ...about, streams: [account], missing: [] };
}

test('names every byte that was settled and is not there, and no other', () => {
  const start = fc.record({ base: fc.nat(3), skipped: fc.nat(3), to: fc.nat(size) });
  const stored = fc.array(range, { maxLength: 4 });
  const gaps = fc.array(
    fc.tuple(range, reason).map(([one, why]): Gap => ({ ...one, reason: why })),
    { maxLength: 3 },
  );
  const lost = fc.array(range, { maxLength: 2 });
  fc.assert(
    fc.property(start, stored, gaps, lost, (given, ranges, there, here) => {
      const about = {
        atMs: 0,
        output: 'default',
        stream: 's',
        path: '/s',
        term: 'gap',
        reason: 'unreadable',
      } as const;
      const audit = { ...auditOf(given), missing: here.map((one) => ({ ...about, ...one })) };
      const found = compareEnds(
        audit,
        { streams: [{ stream: 's', path: '/s', ranges, gaps: there, description: null }], link: null },
        'http://hub',
      );
      const within = (list: readonly Range[], at: number) =>
        list.some(({ from, to }) => from <= at && at < to);
      const excused = [...here, ...there.filter((gap) => gap.reason !== 'hub-went-back')];
      const named: number[] = [];
      for (const { from, to } of found.missing) for (let at = from; at < to; at += 1) named.push(at);
      const all = Array.from({ length: size }, (_, at) => at).filter(
        (at) => at >= given.base + given.skipped && at < given.to,
      );
      assert.deepEqual(
        named,
        all.filter((at) => !within(ranges, at) && !within(excused, at)),
      );
      assert.equal(found.bytes, all.filter((at) => within(ranges, at)).length);
    }),
  );
});

test('a stream that the hub does not know is missing as a whole; one that only it knows is counted', () => {
  const audit = auditOf({ base: 2, skipped: 3, to: 20 });
  const found = compareEnds(
    audit,
    { streams: [{ stream: 't', path: '/t', ranges: [], gaps: [], description: null }], link: null },
    'http://hub',
  );
  assert.deepEqual(found.missing, [{ stream: 's', path: '/s', from: 5, to: 20, reason: null }]);
  assert.deepEqual([found.streams, found.onlyThere], [0, 1]);
});

test('the newest link that the hub signed for must be there', () => {
  const signed = { epoch: 'e', sequence: 5, hash: 'five' };
  const audit = { ...auditOf({ base: 0, skipped: 0, to: 0 }), signed };
  const has = (link: object | null) =>
    compareEnds(audit, { streams: [], link: link as StatedLink | null }, '').signed;
  const stated = { epoch: 'e', sequence: 5, hash: 'five', highest: 5 };
  for (const link of [stated, { ...stated, sequence: 4, hash: 'four', highest: 6 }])
    assert.equal(has(link), true);
  for (const link of [
    null,
    { ...stated, epoch: 'f' },
    { ...stated, hash: 'x' },
    { ...stated, sequence: 3, highest: 4 },
  ])
    assert.equal(has(link), false);
  assert.equal(compareEnds({ ...audit, signed: null }, { streams: [], link: null }, '').signed, null);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamRecord } from '../event/stream.ts';
import type { HubStream } from '../protocol/agent-streams.ts';
import { fileSourceSection } from '../settings/declaration.ts';
import { defaultsOf } from '../settings/setting.ts';
import { compilePatterns } from '../source/file/patterns.ts';
import { describeStream, readDescription } from './descriptions.ts';
import { recall } from './recall.ts';

const id = 'a'.repeat(32);
const proof = (position: number) => ({ position, length: Math.min(4096, position), hash: 'c'.repeat(64) });
const record: StreamRecord = {
  ...{ id, path: '/var/log/app.log', head: proof(20), proofs: [proof(40), proof(90)], parent: null },
  identity: { device: 2n ** 63n, inode: 7n, birthTimeNs: null },
  ...{ status: 'followed', size: 100, seenAtMs: 5, metAtMs: 4 },
};
const patterns = [compilePatterns({ ...defaultsOf(fileSourceSection), include: ['/var/log/*.log'] })];

function atHub(
  changes: Partial<HubStream> & { readonly described?: Partial<StreamRecord>; readonly start?: number },
) {
  const { described, start = 0, ...rest } = changes;
  const description = JSON.parse(JSON.stringify(describeStream({ ...record, ...described }, start)));
  return { stream: id, path: '/x', ranges: [{ from: 0, to: 95 }], gaps: [], description, ...rest };
}

function recalled(...found: readonly HubStream[]) {
  return recall(found, { known: new Set(), patterns });
}

test('a stream is taken up at the last position that can be proved, within what is there without a hole', () => {
  const brief = (changes: Parameters<typeof atHub>[0]) => {
    const [one] = recalled(atHub(changes));
    return [
      one?.read,
      one?.record.proofs.length,
      ...(one?.ledger.map(({ term, bytes }) => `${term} ${bytes}`) ?? []),
    ];
  };
  const gap = (reason: string) => [{ from: 30, to: 50, reason }];
  const holed = [
    { from: 0, to: 30 },
    { from: 50, to: 95 },
  ];
  assert.deepEqual(brief({}), [90, 2, 'acked 90']);
  assert.deepEqual(brief({ ranges: holed }), [0, 0]);
  assert.deepEqual(brief({ ranges: [{ from: 0, to: 60 }] }), [40, 1, 'acked 40']);
  assert.deepEqual(brief({ ranges: holed, gaps: gap('unreadable') }), [90, 2, 'acked 70', 'gap 20']);
  assert.deepEqual(brief({ ranges: holed, gaps: gap('filtered: noise') }), [
    90,
    2,
    'acked 70',
    'filtered 20',
  ]);
  assert.deepEqual(
    brief({ ranges: holed, gaps: gap('dead: 422') }),
    [0, 0],
    'set aside, and lost with the state',
  );
  assert.deepEqual(brief({ start: 10, ranges: [{ from: 10, to: 95 }] }), [90, 2, 'skipped 10', 'acked 80']);
  assert.deepEqual(brief({ start: 10 }), [90, 2, 'skipped 10', 'acked 80']);
});

test('a generation that another one continues has ended', () => {
  const next = 'b'.repeat(32);
  const { device, birthTimeNs } = record.identity;
  for (const inode of [7n, 8n]) {
    const described = { parent: { stream: id, from: 50 }, identity: { device, inode, birthTimeNs } };
    const [first, second] = recalled(atHub({ stream: next, described, start: 50 }), atHub({}));
    assert.deepEqual([first?.record.id, first?.record.status], [id, 'ended']);
    assert.equal(first?.record.identity.inode, inode === 7n ? 0n : 7n, 'not in the file of the other');
    assert.deepEqual([second?.record.id, second?.record.status], [next, 'followed']);
  }
});

test('what lies in a fork is there', () => {
  const fork = { ...atHub({ ranges: [{ from: 50, to: 95 }] }), stream: `${id}~1`, description: null };
  const [one, ...others] = recalled(fork, atHub({ ranges: [{ from: 0, to: 60 }] }));
  assert.deepEqual([one?.read, others.length], [90, 0]);
});

test('only files that are wanted are looked for, and what rotation made of their names', () => {
  const wanted = [
    '/var/log/app.log',
    '/var/log/app.log.1',
    '/var/log/app.log-20260101',
    '/var/log/app-2026.log',
    '/var/log/app.log.2.gz',
  ];
  for (const path of wanted) assert.equal(recalled(atHub({ described: { path } })).length, 1, path);
  for (const path of [
    '/etc/shadow',
    '/var/log/app/app.log',
    '/var/log/secret',
    '/var/log/../../etc/shadow.log',
  ])
    assert.equal(recalled(atHub({ described: { path } })).length, 0, path);
});

test('a description comes back as it was told; what is none is passed over', () => {
  const description = JSON.parse(JSON.stringify(describeStream(record, 3)));
  assert.deepEqual(readDescription(id, description), { record, start: 3 });
  const { met: _, ...older } = description;
  assert.deepEqual(readDescription(id, older), { record: { ...record, metAtMs: 5 }, start: 3 });
  const wrecks: object[] = [
    ...Object.keys(description).map((name) => ({ [name]: -1 })),
    ...[
      { inode: '1e9' },
      { proofs: [[1, 2, 'c'.repeat(64)]] },
      { head: [1, 'x'] },
      { start: 1.5 },
      { parent: ['x', 1] },
    ],
  ];
  for (const wreck of wrecks) {
    assert.equal(readDescription(id, { ...description, ...wreck }), null, JSON.stringify(wreck));
  }
  for (const value of [null, [], 'x', {}]) assert.equal(readDescription(id, value), null);
});

test('a path that leaves no room is not described', () => {
  assert.equal(describeStream({ ...record, path: `/${'x'.repeat(5000)}` }, 0), null);
});

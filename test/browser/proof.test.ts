/** What arrived, as the page shows it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { proofsOf, type StoredStream, stateOf } from '../../web/proof-of.ts';
import { browserMissing, openBrowser, openPage } from './browser.ts';
import { FakeHub, fakeKey } from './fake-hub.ts';

const skip = browserMissing;
let browser: Browser;
let hub: FakeHub;

before(async () => {
  if (skip !== false) return;
  browser = await openBrowser();
  hub = new FakeHub();
  hub.agents.a1 = { hostname: 'web-1', os_type: 'Linux', status: 'active' };
  await hub.open();
});
after(async () => {
  if (skip !== false) return;
  await browser.close();
  await hub.close();
});

async function openProof(): Promise<{ page: Page; assertCalm(): void }> {
  const watched = await openPage(browser, hub.origin);
  await watched.page.goto(`${hub.origin}/#key=${fakeKey}`);
  await watched.page.getByText('Live', { exact: true }).waitFor();
  await watched.page.keyboard.press('p');
  await watched.page.getByRole('heading', { name: 'What happened' }).waitFor();
  return watched;
}

const stream: StoredStream = {
  ...{ agent: 'a1', id: 's', name: '/var/log/a.log', fork: false, duplicates: 0, begin: 0 },
  ...{ ranges: [{ from: 0, to: 10 }], gaps: [] },
};
const chain = { agent: 'a1', epoch: 'e'.repeat(32), contiguousTo: 4, newest: 4, repeats: 0 };

test('a file is complete up to the first byte that neither came nor has a reason', () => {
  const gapped = { ...stream, gaps: [{ from: 10, to: 12, reason: 'unreadable' }] };
  const holed = { ...gapped, ranges: [...stream.ranges, { from: 15, to: 20 }] };
  const found = proofsOf([stream, gapped, holed]);
  assert.deepEqual(found, [
    { stream: holed, completeTo: 12, holes: [{ from: 12, to: 15 }] },
    { stream: gapped, completeTo: 12, holes: [] },
    { stream, completeTo: 10, holes: [] },
  ]);
  const late = { ...stream, ranges: [{ from: 3, to: 5 }] };
  assert.equal(proofsOf([late])[0]!.completeTo, 0);
  assert.deepEqual(proofsOf([{ ...late, begin: 3 }])[0]!.holes, []);
});

test('a chain is intact, waits for a batch, or is broken, and says where', () => {
  assert.deepEqual(stateOf(chain, []), { kind: 'intact' });
  assert.deepEqual(stateOf({ ...chain, newest: 9 }, []), { kind: 'waiting', sequence: 5 });
  const detail = `link 2 of ${chain.epoch}: it is not of the link before`;
  const event = { id: '1', agent: 'a1', kind: 'chain-broken', atMs: 0, path: null, detail };
  const broken = { kind: 'broken', detail: 'link 2: it is not of the link before' };
  assert.deepEqual(stateOf(chain, [event]), broken);
  assert.deepEqual(stateOf(chain, [{ ...event, agent: 'b1' }]), { kind: 'intact' });
});

test('a hub without lines has nothing to prove', { skip }, async () => {
  const { page, assertCalm } = await openProof();
  await page.getByText('Nothing has arrived yet.').waitFor();
  await page.getByText('Nothing that you should know.').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { name: 'What happened' }).waitFor({ state: 'detached' });
  assertCalm();
});

test('gaps, holes, repeats, chains and events are shown, hostile names as text', { skip }, async () => {
  const ranges = [{ from: 0, to: 100 }];
  const gaps = [{ from: 100, to: 150, reason: 'truncated-before-read' }];
  const about = { agent: 'a1', fork_of: null, duplicates: 0, ranges, gaps: [] };
  hub.proof.streams = [
    { ...about, stream: 's1', path: '/var/log/whole.log' },
    { ...about, stream: 's2', path: '<img src=x>\u202e', duplicates: 3, gaps },
    { ...about, stream: 's3', path: '/var/log/holed.log', ranges: [...ranges, { from: 180, to: 200 }] },
  ];
  hub.proof.chains = [{ agent: 'a1', epoch: chain.epoch, contiguous_to: 7, newest: 9, repeats: 2 }];
  hub.proof.events = [
    {
      id: 1,
      agent: 'a1',
      kind: 'agent-cloned',
      at: '2026-01-01T00:00:00Z',
      path: null,
      detail: 'on alpha and beta',
    },
  ];
  const { page, assertCalm } = await openProof();
  await page.getByText('Bytes have not arrived in 1 of 3 files.').waitFor();
  const rows = await page.locator('.proof tbody tr').allInnerTexts();
  assert.deepEqual(
    rows.map((row) => row.split(/\s*\t\s*/)),
    [
      ['/var/log/holed.log', 'web-1', '100', '100–180 has not arrived', '0'],
      ['<img src=x>U+202E', 'web-1', '150', '100–150 truncated-before-read', '3'],
      ['/var/log/whole.log', 'web-1', '100', '–', '0'],
    ],
  );
  const [chainRow, eventRow] = await page.locator('.plain-list li').allInnerTexts();
  assert.match(chainRow!, /batch 8 is missing up to batch 7, 2 came again and were not stored twice · web-1/);
  assert.match(eventRow!, /agent-cloned web-1 on alpha and beta/);
  assertCalm();
});

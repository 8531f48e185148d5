/** One agent, as the page shows it: its row, and all that it told of itself. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { readAgents, readDetail } from '../../web/agent-wire.ts';
import { arrivedOf } from '../../web/agent-words.ts';
import { browserMissing, openBrowser, openPage } from './browser.ts';
import { FakeHub, fakeKey } from './fake-hub.ts';

const skip = browserMissing;
const hostile = '<img src=x onerror=alert(1)>\u202e';
let browser: Browser;
let hub: FakeHub;

before(async () => {
  if (skip !== false) return;
  browser = await openBrowser();
  hub = new FakeHub();
  hub.agents.a1 = {
    ...{ hostname: 'web-1', os_type: 'Linux', status: 'idle', lag_bytes: 2048, lag_ms: 125_000 },
    hours: { from: '2026-01-01T00:00:00Z', lines: [0, 3, 10], bytes: [0, 30, 100] },
    last_error: { reason: hostile, at: '2026-01-01T00:00:00Z', hint: 'free some space' },
    proof: { at: '2026-01-01T00:00:00Z', complete: false, missing_bytes: 512, gap_bytes: 0 },
  };
  const detail = {
    stream_count: 2,
    streams: [
      { stream: 's', path: hostile, position: 9, size: 900, watermark: 300, lag_ms: 9000, trouble: 'EIO' },
    ],
    configuration: { 'output.key': '***' },
    transitions: [
      { at: '2026-01-01T00:00:00Z', level: 'info', event: 'a', message: 'first' },
      { at: '2026-01-01T00:00:01Z', level: 'error', event: 'b', message: 'second' },
    ],
  };
  hub.detailed = { id: 'a1', detail };
  await hub.open();
});
after(async () => {
  if (skip !== false) return;
  await browser.close();
  await hub.close();
});

test('what an agent tells is read leniently, and what it does not tell is not known', () => {
  const [agent] = readAgents({ agents: { a: { hours: 5, last_error: 'x', proof: { complete: 'x' } } } });
  assert.deepEqual(agent!.hourlyLines, []);
  assert.deepEqual([agent!.lagMs, agent!.lastError], [null, null]);
  assert.equal(arrivedOf(agent!), 'batches are on their way');
  assert.equal(arrivedOf({ ...agent!, proof: null }), 'not looked at yet');
  const proof = { complete: true, missingBytes: 0, gapBytes: 2048 };
  assert.equal(arrivedOf({ ...agent!, proof }), 'complete but for 2.0 KiB that could not be read');
  assert.equal(readDetail({ detail: null }), null);
  assert.deepEqual(readDetail({ detail: { streams: 'x' } }), {
    ...{ streamCount: 0, streams: [], configuration: [], transitions: [] },
  });
});

test('a row tells of the last hours, what is missing and errors; the agent by itself tells the rest', {
  skip,
}, async () => {
  const { page, assertCalm } = await openPage(browser, hub.origin);
  await page.goto(`${hub.origin}/#key=${fakeKey}`);
  const row = page.locator('.fleet tbody tr').first();
  await row.waitFor();
  assert.match(String(await row.allInnerTexts()), /512 B missing\s+2\.0 KiB\s*error/);
  await row.getByRole('img', { name: '13 lines in 3 hours, 10 in this one' }).waitFor();
  await page.getByRole('button', { name: 'About web-1' }).click();
  const view = page.getByRole('dialog');
  await view.getByText('2 files, the 1 that lag most').waitFor();
  const shown = String(await view.allInnerTexts());
  for (const part of [
    '2.0 KiB, for 2 min',
    'free some space',
    '512 B missing',
    '<img src=x onerror=alert(1)>',
  ])
    assert.ok(shown.includes(part), part);
  assert.match(shown, /EIO\s+900\s+300\s+9 s/);
  assert.ok(shown.indexOf('second') < shown.indexOf('first'));
  await view.getByText('Configuration in effect').click();
  await view.getByText('***').waitFor();
  await page.keyboard.press('Escape');
  await view.waitFor({ state: 'detached' });
  await page.keyboard.press('i');
  await view.getByText('2 files').waitFor();
  assertCalm();
});

/** The page against a server of its API that goes through everything a hub can go through. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { browserMissing, openBrowser, openPage } from './browser.ts';
import { FakeHub, fakeKey } from './fake-hub.ts';

const skip = browserMissing;
let browser: Browser;
let hub: FakeHub;

before(async () => {
  if (skip === false) browser = await openBrowser();
});
after(async () => {
  if (skip === false) await browser.close();
});
beforeEach(async () => {
  hub = new FakeHub();
  hub.agents.a1 = {
    hostname: 'web-1',
    os_type: 'Linux',
    status: 'active',
    last_seen: new Date().toISOString(),
  };
  hub.agents.b1 = { hostname: 'db-1', os_type: 'Linux', status: 'offline', lines: 12345, lag_bytes: 2048 };
  await hub.open();
});
afterEach(async () => {
  if (skip === false) for (const context of browser.contexts()) await context.close();
  await hub.close();
});

/** Logged in, with the tail live. */
async function enter(options: Parameters<typeof openPage>[2] = {}) {
  const watched = await openPage(browser, hub.origin, options);
  await watched.page.goto(`${hub.origin}/#key=${fakeKey}`);
  await watched.page.getByText('Live', { exact: true }).waitFor();
  return watched;
}

function texts(page: Page): Promise<string[]> {
  return page.locator('.line .text').allTextContents();
}

function waitForText(page: Page, text: string): Promise<void> {
  return page.locator('.line .text', { hasText: text }).last().waitFor();
}

test('a wrong key is refused with what to do, the right one opens the page', { skip }, async () => {
  const { page, assertCalm } = await openPage(browser, hub.origin);
  await page.goto(hub.origin);
  await page.getByLabel('Key of this hub').fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByText('This key was not accepted.').waitFor();
  await page.getByLabel('Key of this hub').fill(` ${fakeKey} `);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'web-1', exact: true }).waitFor();
  assertCalm();
});

test('a key in the address logs in and leaves the address at once', { skip }, async () => {
  const { page } = await enter();
  assert.equal(page.url(), `${hub.origin}/`);
  await page.goBack().catch(() => null);
  assert.doesNotMatch(page.url(), /key=/);
  await page.goto(hub.origin);
  await page.getByRole('button', { name: 'web-1', exact: true }).waitFor();
});

test('logging out closes the page', { skip }, async () => {
  const { page } = await enter();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Key of this hub').waitFor();
  await page.reload();
  await page.getByLabel('Key of this hub').waitFor();
});

test('a hub without agents says how to connect one', { skip }, async () => {
  delete hub.agents.a1;
  delete hub.agents.b1;
  const { page } = await enter();
  await page.getByText(`almadia run --server ${hub.origin} --key YOUR-KEY`).waitFor();
});

test('the last lines are there on opening, then live ones, each once and in order', { skip }, async () => {
  hub.add('a1', ['old 1', 'old 2']);
  const { page, assertCalm } = await enter();
  hub.add('b1', ['new 3']);
  await waitForText(page, 'new 3');
  assert.deepEqual(await texts(page), ['old 1', 'old 2', 'new 3']);
  assert.deepEqual(await page.locator('.line .agent').allTextContents(), ['web-1', 'web-1', 'db-1']);
  assertCalm();
});

test('choosing an agent shows its lines only and lasts through a reload', { skip }, async () => {
  hub.add('a1', ['of web']);
  hub.add('b1', ['of db']);
  const { page } = await enter();
  await page.getByRole('button', { name: 'db-1', exact: true }).click();
  await page.locator('.one-agent .line').waitFor();
  assert.deepEqual(await texts(page), ['of db']);
  await page.reload();
  await waitForText(page, 'of db');
  assert.deepEqual(await texts(page), ['of db']);
  await page.keyboard.press('Escape');
  await waitForText(page, 'of web');
});

test('the filter keeps what contains the words, marks them, and can be cleared', { skip }, async () => {
  hub.add('a1', ['one ERROR here', 'all well', 'error again']);
  const { page } = await enter();
  await waitForText(page, 'error again');
  await page.keyboard.press('/');
  await page.keyboard.type('error');
  await page.locator('mark').nth(1).waitFor();
  assert.deepEqual(await texts(page), ['one ERROR here', 'error again']);
  assert.deepEqual(await page.locator('mark').allTextContents(), ['ERROR', 'error']);
  await page.keyboard.type('xyz');
  await page.getByText('No line here contains “errorxyz”').waitFor();
  await page.keyboard.press('Escape');
  await waitForText(page, 'all well');
});

test('a pause holds the view still, counts what comes, and goes on without a loss', { skip }, async () => {
  hub.add('a1', ['before']);
  const { page } = await enter();
  await waitForText(page, 'before');
  await page.keyboard.press('Space');
  hub.add('a1', ['meanwhile 1', 'meanwhile 2']);
  await page.getByText('Paused · 2 new').waitFor();
  assert.deepEqual(await texts(page), ['before']);
  await page.keyboard.press('Space');
  await waitForText(page, 'meanwhile 2');
  assert.deepEqual(await texts(page), ['before', 'meanwhile 1', 'meanwhile 2']);
});

test('scrolling up stops following, and the way back is one button', { skip }, async () => {
  hub.add(
    'a1',
    Array.from({ length: 300 }, (_, index) => `line ${index}`),
  );
  const { page } = await enter();
  await waitForText(page, 'line 299');
  await page.locator('.lines').hover();
  await page.mouse.wheel(0, -600);
  await page.getByText('Scrolled up').waitFor();
  const before = await page.evaluate<number>("document.querySelector('.lines').scrollTop");
  hub.add('a1', ['while up']);
  await page.getByText('Newest · 1 new').click();
  await page.getByText('Live', { exact: true }).waitFor();
  await waitForText(page, 'while up');
  const end = await page.evaluate<number>("document.querySelector('.lines').scrollTop");
  assert.ok(end > before);
});

test('when the hub goes away it says so, comes back by itself, and doubles and misses nothing', {
  skip,
}, async () => {
  hub.add('a1', ['first', 'second']);
  const { page, assertCalm } = await enter();
  await waitForText(page, 'second');
  await hub.close();
  await page.getByText('Reconnecting …').waitFor();
  hub.add('a1', ['while away']);
  await hub.open();
  await page.getByText('Live', { exact: true }).waitFor();
  hub.add('a1', ['afterwards']);
  await waitForText(page, 'afterwards');
  assert.deepEqual(await texts(page), ['first', 'second', 'while away', 'afterwards']);
  assertCalm();
});

test('lines that the hub passed over are named with their number', { skip }, async () => {
  hub.add('a1', ['x']);
  const { page } = await enter();
  hub.skipped(12_345);
  await page.getByText('12,345 lines came too fast to be shown here; all are stored').waitFor();
});

test('a flood stays bounded in the document and ends with the newest line', { skip }, async () => {
  const { page, assertCalm } = await enter();
  for (let round = 0; round < 30; round++) {
    hub.add(
      'a1',
      Array.from({ length: 1_000 }, (_, index) => `flood ${round * 1_000 + index}`),
    );
  }
  await waitForText(page, 'flood 29999');
  assert.ok((await page.locator('.line').count()) <= 2_100);
  await page.keyboard.press('Space');
  await page.locator('.line').nth(1_999).waitFor();
  const rows = await page.locator('.line').count();
  assert.ok(rows <= 2_100, `${rows} rows`);
  const belowPixels = await page.evaluate<number>(
    "(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(document.querySelector('.lines'))",
  );
  assert.ok(belowPixels < 24, `the newest line is ${belowPixels} pixels below`);
  assertCalm();
});

test('on a phone nothing scrolls sideways and the fleet keeps its states', { skip }, async () => {
  hub.agents.c1 = {
    hostname: 'a-very-long-host-name.with.many.parts.example.org',
    status: 'idle',
    lines: 1e9,
  };
  hub.add('a1', ['y'.repeat(5_000), 'word '.repeat(300)]);
  const { page } = await enter({ viewport: { width: 360, height: 740 }, hasTouch: true });
  await page.locator('.line').nth(1).waitFor();
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  assert.equal(width, 360);
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  assert.equal(await page.evaluate<number>('document.documentElement.scrollWidth'), 360);
});

test('the chosen colours are kept, whatever the system prefers', { skip }, async () => {
  const { page } = await enter({ colorScheme: 'light' });
  const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  const light = await ground();
  await page.keyboard.press('t');
  await page.keyboard.press('t');
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload();
  await page.getByText('Live', { exact: true }).waitFor();
  assert.equal(await ground(), dark);
});

test('hostile text does nothing but stand there', { skip }, async () => {
  hub.agents.a1 = {
    hostname: '<img src=x onerror=alert(1)>\u202e',
    os_type: '<b>',
    status: 'active"><script>',
  };
  const hostile = [
    '<script>alert(1)</script>',
    '<img src=https://example.org/x onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>{{7*7}}',
    '\u001b[2J\u001b]0;title\u0007\u001b[31mred\u001b[0m',
    'invoice\u202Egnp.exe\u0000\u2028x',
    '[object Object]\ud800',
  ];
  hub.add('a1', hostile, '"><svg onload=alert(1)>');
  const { page, assertCalm } = await enter();
  await page.getByText('alert(1)').first().waitFor();
  assert.deepEqual(await texts(page), [
    ...hostile.slice(0, 3),
    'ESC[2JESC]0;titleBELred',
    'invoiceU+202Egnp.exeNULU+2028x',
    '[object Object]U+D800',
  ]);
  const foreign = await page.evaluate<number>(
    'document.querySelectorAll(\'script:not([src="/page.js"]), img, a, b, [onerror], [onload], [style], iframe\').length',
  );
  assert.equal(foreign, 0);
  assertCalm();
});

test('a long line is cut and opened on request', { skip }, async () => {
  hub.add('a1', [`${'long '.repeat(1_000)}end`]);
  const { page } = await enter();
  await page.getByRole('button', { name: 'show all 5,003 characters' }).click();
  await page.getByRole('button', { name: 'Show less' }).waitFor();
  assert.ok((await texts(page))[0]!.endsWith('endShow less'));
});

test('a mebibyte of symbols is opened in steps, and the page goes on', { skip }, async () => {
  hub.add('a1', ['\u0000'.repeat(1 << 20)]);
  const { page, assertCalm } = await enter();
  await page.getByRole('button', { name: 'show 20,000 more of 1,048,576 characters' }).click();
  await page.locator('.symbol').nth(20_999).waitFor();
  hub.add('a1', ['short']);
  await page.getByRole('button', { name: /Newest/ }).click();
  await waitForText(page, 'short');
  assertCalm();
});

/** The page of a real hub: from a line posted by an agent to what stands in the browser. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { Server } from '../../src/host/net.ts';
import { createHost } from '../../src/host/node/host.ts';
import { silentLog } from '../../src/host/selflog.ts';
import { type Hub, openHub } from '../../src/hub/hub.ts';
import { hubDefaults } from '../../src/settings/hub.ts';
import { browserMissing, openBrowser, openPage } from './browser.ts';

const skip = browserMissing;
const key = 'key-of-the-test';
const web = resolve(import.meta.dirname, '../../web');
let browser: Browser;
let hub: Hub;
let server: Server;
let origin: string;
let dataDirectory: string;

before(async () => {
  if (skip !== false) return;
  dataDirectory = await mkdtemp(join(tmpdir(), 'almadia-page-'));
  const host = createHost();
  const assets = new Map([
    ['index.html', { type: 'text/html; charset=utf-8', bytes: await readFile(join(web, 'index.html')) }],
    ['page.js', { type: 'text/javascript; charset=utf-8', bytes: await readFile(join(web, 'page.js')) }],
    ['page.css', { type: 'text/css; charset=utf-8', bytes: await readFile(join(web, 'page.css')) }],
  ]);
  hub = await openHub(host, { ...hubDefaults, dataDirectory, key }, silentLog, assets);
  server = await host.net.serve(
    {
      listen: { host: '127.0.0.1', port: 0 },
      bodyBytesMax: hubDefaults.bodyBytesMax,
      requestTimeoutMs: 30_000,
    },
    hub.handle,
  );
  origin = `http://127.0.0.1:${server.port}`;
  browser = await openBrowser();
});
afterEach(async () => {
  if (skip === false) for (const context of browser.contexts()) await context.close();
});
after(async () => {
  if (skip !== false) return;
  await browser.close();
  await Promise.all([hub.close(), server.close(1_000)]);
  await rm(dataDirectory, { recursive: true });
});

/** Protocol B, as an agent of the original speaks it. */
async function post(call: string, body: unknown): Promise<void> {
  const reply = await fetch(`${origin}/api/agent/${call}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify(body),
  });
  assert.equal(reply.status, 200, await reply.text());
}

function register(agent: string, hostname: string): Promise<void> {
  return post('register', { agent_id: agent, hostname, os_type: 'Linux' });
}

function send(agent: string, texts: readonly string[]): Promise<void> {
  const timestamp = new Date().toISOString();
  return post('ingest-batch', {
    agent_id: agent,
    logs: texts.map((text) => ({ log_text: text, source: 'app.log', timestamp })),
  });
}

async function enter(address = '') {
  const watched = await openPage(browser, origin);
  await watched.page.goto(`${origin}/#key=${key}${address}`);
  await watched.page.getByText('Live', { exact: true }).waitFor();
  return watched;
}

function texts(page: Page): Promise<string[]> {
  return page.locator('.line .text').allTextContents();
}

test('a wrong key is refused, the right one right after it opens the page', { skip }, async () => {
  const { page, assertCalm } = await openPage(browser, origin);
  await page.goto(origin);
  await page.getByLabel('Key of this hub').fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByText('This key was not accepted.').waitFor();
  await page.getByLabel('Key of this hub').fill(key);
  await page.keyboard.press('Enter');
  await page.getByText('No agent has connected yet').waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Key of this hub').waitFor();
  assertCalm();
});

test('a posted line is on the page in under a second, under its agent', { skip }, async () => {
  await register('agent-quick', 'web-quick');
  await send('agent-quick', ['stored before the page was opened']);
  const { page, assertCalm } = await enter('&agent=agent-quick');
  await page.getByText('stored before the page was opened').waitFor();
  const waitsMs: number[] = [];
  for (let round = 0; round < 5; round++) {
    const shown = page.getByText(`line of round ${round}`).waitFor();
    const startMs = performance.now();
    await send('agent-quick', [`line of round ${round}`]);
    await shown;
    waitsMs.push(performance.now() - startMs);
  }
  const medianMs = [...waitsMs].sort((a, b) => a - b)[2]!;
  assert.ok(medianMs < 1_000, `took ${waitsMs.map(Math.round)} ms`);
  const row = page.getByRole('row', { name: 'web-quick' });
  await row.getByText('active', { exact: true }).waitFor();
  await row.getByText('6', { exact: true }).waitFor();
  assertCalm();
});

test('hostile lines and names do nothing but stand there', { skip }, async () => {
  await register('agent-hostile', '<img src=x onerror=alert(1)>');
  await send('agent-hostile', [
    '<script>alert(1)</script>',
    '<img src=https://example.org/x onerror=alert(1)>',
    '\u001b[2J\u001b[31mred\u001b[0m',
    'invoice\u202Egnp.exe\u0000x',
    `${'m'.repeat(1 << 20)}`,
  ]);
  const { page, assertCalm } = await enter('&agent=agent-hostile');
  await page.locator('.line').nth(4).waitFor();
  const shown = await texts(page);
  assert.deepEqual(shown.slice(0, 4), [
    '<script>alert(1)</script>',
    '<img src=https://example.org/x onerror=alert(1)>',
    'ESC[2Jred',
    'invoiceU+202Egnp.exeNULx',
  ]);
  assert.ok(shown[4]!.length < 2_000);
  const made = "document.querySelectorAll('img, iframe, [onerror], [style], script:not([src])').length";
  assert.equal(await page.evaluate<number>(made), 0);
  assertCalm();
});

test('an agent that nobody has heard of yet can be waited for', { skip }, async () => {
  const { page, assertCalm } = await enter('&agent=agent-late');
  await page.getByText('No lines of agent-late yet').waitFor();
  await register('agent-late', 'web-late');
  await send('agent-late', ['here at last']);
  await page.getByText('here at last').waitFor();
  assertCalm();
});

test('Enter in the filter finds among all stored lines, newest first, and shows hostile text as text', {
  skip,
}, async () => {
  await register('agent-search', 'web-search');
  await send('agent-search', [
    'needle one <b>x</b>',
    'other',
    'needle two status=500',
    'needle three status=200',
  ]);
  const { page, assertCalm } = await enter('&agent=agent-search');
  await page.getByText('needle one').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('needle -status:>=500');
  await page.keyboard.press('Enter');
  const found = page.getByRole('dialog');
  await found.getByText('2 lines, that is all.').waitFor();
  const lines = await found.locator('.line .text').allTextContents();
  assert.deepEqual(lines, ['needle three status=200', 'needle one <b>x</b>']);
  assert.equal(await found.locator('mark').count(), 2);
  await page.keyboard.press('Escape');
  await found.waitFor({ state: 'detached' });
  assertCalm();
});

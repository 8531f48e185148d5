/**
 * A real browser for the page's tests: Debian's Chromium, driven over its debugging protocol. Every page opened here
 * is watched; `assertCalm` fails when it broke its content policy, threw, complained, or asked any other origin.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

/** For `test(name, { skip })`: why the browser cannot be had, or false. */
export const browserMissing: string | false =
  executablePath === undefined ? 'no /usr/bin/chromium here: apt-get install -y chromium' : false;

/** The temporary profile is fresh each time, and removed with the browser. */
export function openBrowser(): Promise<Browser> {
  assert.ok(executablePath !== undefined, 'skip the test when browserMissing');
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface WatchedPage {
  readonly page: Page;
  assertCalm(): void;
}

/** A page in a context of its own (cookies, storage). It fails a wait after ten seconds. */
export async function openPage(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`threw ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`opened a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    // The browser itself reports each failed request: the 401 of who is not logged in yet, a hub that is away.
    const expected = message.text().startsWith('Failed to load resource');
    if (!expected && (message.type() === 'error' || message.type() === 'warning'))
      complaints.push(message.text());
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) complaints.push(`asked ${url}`);
  });
  return { page, assertCalm: () => assert.deepEqual(complaints, []) };
}

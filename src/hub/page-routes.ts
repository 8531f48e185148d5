/**
 * The page's files, given to the hub as they were built. `index.html` is the page at `/`. The policy lets the page
 * load and ask its own hub only, so that a line of log could do nothing even if it became markup.
 */
import type { Route } from './router.ts';

export interface Asset {
  /** Its media type, such as text/css; charset=utf-8. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** By file name. */
export type Assets = ReadonlyMap<string, Asset>;

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function pageRoutes(assets: Assets): Route[] {
  return [...assets].map(([name, asset]) => assetRoute(name === 'index.html' ? '/' : `/${name}`, asset));
}

function assetRoute(path: string, { type, bytes }: Asset): Route {
  const headers = {
    'content-type': type,
    'content-security-policy': policy,
    // Asked for anew each time, so that page and hub are always of one version.
    'cache-control': 'no-cache',
  };
  return { method: 'GET', path, access: 'open', answer: () => ({ status: 200, headers, body: bytes }) };
}

/**
 * What a server's status means, the same for every protocol. Success is the protocol's own business; everything else
 * comes here.
 *
 *   408 425 429 502 503 504      nobody is there at present: retry, no attempt is counted
 *   other 5xx                    retry; it may be this batch's own fault, attempts are counted
 *   413                          too large: split
 *   400 422                      the content is refused: bisect
 *   other 4xx, 3xx, 1xx          the configuration is wrong: keep everything and say what to do
 *   2xx that proves nothing      a page instead of a reply: as a wrong configuration; anything else: retry, counted
 */
import type { Outcome } from '../event/outcome.ts';
import type { HttpReply } from '../host/net.ts';
import { decodeUtf8 } from '../lines/utf8.ts';
import { isObject } from './received.ts';

/** A server may ask to be left alone for so long at most; a longer wish is cut to it. */
export const retryAfterMsMax = 10 * 60 * 1000;

/** How much of a server's own words goes into a reason. */
const EXCERPT_CHARACTERS_MAX = 200;

const away = new Set([408, 425, 429, 502, 503, 504]);

const names: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  413: 'Content Too Large',
  422: 'Unprocessable Content',
  425: 'Too Early',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** The outcome of a reply that is no success by its status. */
export function outcomeOfStatus(reply: HttpReply, nowMs: number): Outcome {
  const { status } = reply;
  const reason = describeReply(reply);
  const afterMs = retryAfterMs(reply.headers['retry-after'], nowMs);
  if (away.has(status)) return { kind: 'retry', cause: 'away', afterMs, reason };
  if (status >= 500) return { kind: 'retry', cause: 'fault', afterMs, reason };
  if (status === 413) return { kind: 'rejected', cause: 'size', reason };
  if (status === 400 || status === 422) return { kind: 'rejected', cause: 'content', reason };
  return { kind: 'rejected', cause: 'destination', reason: `${reason}${adviceFor(status)}` };
}

/** The outcome of a reply whose status says success and whose content does not prove it. */
export function unproven(reply: HttpReply, why: string): Outcome {
  if (isPage(reply)) {
    return {
      kind: 'rejected',
      cause: 'destination',
      reason: `a web page came instead of a reply (${reply.status}): check the URL, or a log-in page or proxy stands between`,
    };
  }
  return {
    kind: 'retry',
    cause: 'fault',
    afterMs: null,
    reason: `the answer ${reply.status} proves nothing: ${why}`,
  };
}

/** Whether it is HTML: a log-in page, a proxy's notice, the wrong server. */
export function isPage(reply: HttpReply): boolean {
  if (/^\s*(text\/html|application\/xhtml)/i.test(reply.headers['content-type'] ?? '')) return true;
  return /^[\uFEFF\s]*</.test(decodeUtf8(reply.body.subarray(0, 256)));
}

/** The body as a JSON object; null when it is none, or was cut off. */
export function replyObject(reply: HttpReply): Readonly<Record<string, unknown>> | null {
  if (reply.cut) return null;
  try {
    const value: unknown = JSON.parse(decodeUtf8(reply.body));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** Retry-After (RFC 9110, 10.2.3) in milliseconds from now, capped; null when there is none that can be read. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | null {
  const text = value?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, retryAfterMsMax);
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return null;
  const at = Date.parse(/GMT$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(at) ? null : Math.min(Math.max(at - nowMs, 0), retryAfterMsMax);
}

/** The status and the beginning of the server's own words, fit for one line of a log. */
export function describeReply(reply: HttpReply): string {
  const name = names[reply.status];
  const status = `the server answered ${reply.status}${name === undefined ? '' : ` ${name}`}`;
  const words = excerpt(reply);
  return words === '' ? status : `${status}: ${words}`;
}

function excerpt(reply: HttpReply): string {
  if (isPage(reply)) return 'a web page';
  const object = replyObject(reply);
  const said = object === null ? null : (object.message ?? object.error ?? null);
  const text = typeof said === 'string' ? said : decodeUtf8(reply.body.subarray(0, EXCERPT_CHARACTERS_MAX));
  return text
    .slice(0, EXCERPT_CHARACTERS_MAX)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
}

function adviceFor(status: number): string {
  if (status === 401 || status === 403) return ' (the key is refused: check it)';
  if (status === 404 || status === 405) return ' (check the URL: this server does not know the path)';
  if (status === 407) return ' (a proxy asks for credentials)';
  if (status >= 300 && status < 400) return ' (a redirect is never followed: write the final URL)';
  return '';
}

/**
 * Replies of the hub. Everything but the page's files and streams is JSON; whatever is refused has the shape
 * {"status":"error","message","code"} and says what to do.
 */
import type { Headers, ServerReply } from '../host/net.ts';

export type RefusalCode =
  | 'AGENT_UNKNOWN'
  | 'ATTEMPTS_TOO_MANY'
  | 'BODY_CORRUPT'
  | 'BODY_INVALID'
  | 'BODY_TOO_LARGE'
  | 'BUSY'
  | 'ENCODING_UNKNOWN'
  | 'INTERNAL'
  | 'KEY_MISSING'
  | 'KEY_OF_AGENT'
  | 'KEY_OF_OTHER'
  | 'KEY_UNKNOWN'
  | 'KEY_WRONG'
  | 'LINE_UNKNOWN'
  | 'METHOD_WRONG'
  | 'ORIGIN_WRONG'
  | 'PATH_UNKNOWN'
  | 'QUERY_INVALID'
  | 'STORE_BROKEN'
  | 'STORE_FULL';

/** An expected answer that ends a request early. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: RefusalCode;
  readonly headers: Headers;
  constructor(status: number, code: RefusalCode, options: { message: string; headers?: Headers }) {
    super(options.message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.headers = options.headers ?? {};
  }
}

/** Nothing that the hub says may be kept, framed, sniffed or run; the page's own policy replaces this one. */
export const defaultHeaders: Headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export function json(status: number, body: unknown, headers: Headers = {}): ServerReply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  };
}

export function refusalReply({ status, code, message, headers }: Refusal): ServerReply {
  return json(status, { status: 'error', message, code }, headers);
}

/** For a sender that should come again. */
export function unavailable(code: RefusalCode, message: string, afterSeconds: number): Refusal {
  return new Refusal(503, code, { message, headers: { 'retry-after': String(afterSeconds) } });
}

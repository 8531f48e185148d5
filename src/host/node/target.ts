/** Where a request goes: `http:`, `https:`, or `unix:/path/of/socket:/path`. */
import { urlToHttpOptions } from 'node:url';
import { NetError } from '../net.ts';

export interface Target {
  readonly secure: boolean;
  /** What `http.request` and `net.connect` take. */
  readonly address: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  /** Path and query. */
  readonly path: string;
  /** `user:password`, where the address bears one. */
  readonly auth: string | null;
}

export function targetOf(url: string): Target {
  const unix = /^unix:(.+?):(\/.*)$/.exec(url);
  if (unix !== null) return { secure: false, address: { socketPath: unix[1]! }, path: unix[2]!, auth: null };
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    throw new NetError('ERR_INVALID_URL', 'not an address that begins with http:// or https://');
  }
  const secure = parsed.protocol === 'https:';
  const { hostname, auth } = urlToHttpOptions(parsed);
  return {
    secure,
    address: { host: hostname ?? '', port: parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port) },
    path: `${parsed.pathname}${parsed.search}`,
    auth: auth ?? null,
  };
}

/** Any failure of Node's network as a `NetError`: the system's or TLS's name, else the kind of failure. */
export function asNetError(error: unknown): NetError {
  if (error instanceof NetError) return error;
  const { code, message, errors } = error as NodeJS.ErrnoException & { errors?: readonly Error[] };
  // Several addresses were tried: the failure as a whole has no text of its own.
  const text = message || (errors ?? []).map((one) => one.message).join('; ');
  return new NetError(code ?? 'EPROTO', text);
}

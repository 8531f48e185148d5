/**
 * The network: whole requests and replies, at both ends. A server is `handle(request) -> reply`.
 */
export interface Net {
  /**
   * Sends one request and reads the whole reply. Never follows a redirect. Rejects with `NetError`.
   * Connections are kept alive and reused per target.
   */
  send(request: ClientRequest, signal?: AbortSignal): Promise<HttpReply>;
  /** Listens and calls `handle` for every request. Rejects with `NetError` when the address is taken. */
  serve(options: ServeOptions, handle: (request: HttpRequest) => Promise<ServerReply>): Promise<Server>;
  /** For the connection test: each stage by itself, so that the first that fails can be named. */
  diagnose(url: string, options: TlsOptions & { readonly timeoutMs: number }): Promise<readonly Stage[]>;
}

/** Names in lower case. Several values of one name are joined with ', '. */
export type Headers = Readonly<Record<string, string>>;

export interface TlsOptions {
  /** PEM certificates that are trusted instead of the system's. */
  readonly ca?: string;
  /** What a server is shown that asks who is there: a PEM certificate, with those above it, and its private key. */
  readonly cert?: string;
  readonly key?: string;
}

export interface ClientRequest extends TlsOptions {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** http:, https:, or unix:/path/of/socket:/path */
  readonly url: string;
  readonly headers: Headers;
  /** Sent in order with a Content-Length of their sum; views of buffers that must not change until the reply is there. */
  readonly body: readonly Uint8Array[];
  /** From the start to the last byte of the reply. */
  readonly timeoutMs: number;
  /** A longer reply is cut off here and marked. */
  readonly replyBytesMax: number;
}

/** A request before its body. */
export interface RequestHead {
  readonly method: string;
  /** Path only, decoded nowhere; begins with '/'. */
  readonly path: string;
  /** Without '?'; '' when there is none. */
  readonly query: string;
  readonly headers: Headers;
  readonly remoteAddress: string;
}

export interface HttpRequest extends RequestHead {
  /** The body as it came, still compressed when `content-encoding` says so. At most `bodyBytesMax`. */
  readonly body: Uint8Array;
  /** Aborted when the peer hangs up. */
  readonly signal: AbortSignal;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** True when the reply was longer than allowed. */
  readonly cut: boolean;
}

export interface ServerReply {
  readonly status: number;
  readonly headers: Headers;
  /** A whole body, or pieces that are sent as they come (exports, live tail); the pieces wait for a slow reader. */
  readonly body: Uint8Array | string | AsyncIterable<Uint8Array | string>;
}

export interface ServeOptions {
  /** Host and port (0: any free one), or a path of a Unix socket, created with mode 0600. */
  readonly listen: { readonly host: string; readonly port: number } | { readonly socketPath: string };
  /** A longer body is answered with 413 without being read to its end. */
  readonly bodyBytesMax: number;
  /** From the first byte of a request to its last; slower clients are cut off. */
  readonly requestTimeoutMs: number;
  /**
   * Asked before a body is read, so that nobody's bytes are held who may not send them: a reply refuses the request.
   * It only spares the reading: `handle` decides by itself.
   */
  readonly screen?: (head: RequestHead) => ServerReply | null;
}

export interface Server {
  /** The port really listened on; 0 for a socket path. */
  readonly port: number;
  /** Takes no new requests, lets running ones end for up to `graceMs`, then cuts them. */
  close(graceMs: number): Promise<void>;
}

export interface Stage {
  readonly stage: 'dns' | 'tcp' | 'tls';
  readonly ok: boolean;
  /** The addresses, the certificate's subject and end, or the cause of the failure. */
  readonly detail: string;
  readonly code: string | null;
}

/** `code` is the system's or TLS's name (ECONNREFUSED, ENOTFOUND, CERT_HAS_EXPIRED, …), or TIMEOUT, ABORTED. */
export class NetError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'NetError';
    this.code = code;
  }
}

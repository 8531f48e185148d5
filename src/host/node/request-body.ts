/** Reads the body of a request within its bounds, and refuses one that does not keep them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Headers } from '../net.ts';

/**
 * How long what is still coming is read and thrown away after a refusal. A connection closed with unread bytes is
 * reset, and a reset can overtake the refusal, which the peer then never sees.
 */
const lingerMs = 1000;

export type BodyRead =
  | { readonly kind: 'whole'; readonly body: Uint8Array }
  | { readonly kind: 'refused'; readonly status: 413 | 503 }
  | { readonly kind: 'gone' };

/** `hold` counts bytes that stay in memory; false: there is no room for them now. */
export async function readBody(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: { readonly bytesMax: number; readonly hold: (bytes: number) => boolean },
): Promise<BodyRead> {
  // Node's parser has refused a length that is not a number.
  if (Number(incoming.headers['content-length'] ?? 0) > options.bytesMax)
    return { kind: 'refused', status: 413 };
  if (incoming.headers.expect !== undefined) outgoing.writeContinue();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = (status: 413 | 503) => {
      incoming.pause();
      incoming.removeAllListeners('data');
      chunks.length = 0;
      resolve({ kind: 'refused', status });
    };
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > options.bytesMax) return stop(413);
      if (!options.hold(chunk.length)) return stop(503);
      chunks.push(chunk);
    });
    incoming.on('end', () => resolve({ kind: 'whole', body: wholeOf(chunks) }));
    incoming.on('error', () => resolve({ kind: 'gone' }));
    incoming.on('close', () => resolve({ kind: 'gone' }));
  });
}

/** Answers, then ends the connection: what the peer was going to send cannot be told from a next request. */
export async function refuseBody(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { status, headers, body }: WholeReply,
): Promise<void> {
  outgoing.writeHead(status, {
    ...headers,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  // Complete for the peer by its length; the end, which closes the connection, waits.
  outgoing.write(body);
  await lingering(incoming);
  outgoing.end();
}

export interface WholeReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** In the shape of the hub's own refusals, which agents and people read. */
export function refusal(status: 400 | 413 | 503, bytesMax: number): WholeReply {
  const { code, message } = {
    400: { code: 'PATH_UNKNOWN', message: 'The target of the request is no path.' },
    413: {
      code: 'BODY_TOO_LARGE',
      message: `The body is over ${bytesMax} bytes; nothing of it was kept, send it in smaller parts.`,
    },
    503: {
      code: 'BUSY',
      message: 'The server holds as much as it can; nothing of this request was kept, send it again.',
    },
  }[status];
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(status === 503 ? { 'retry-after': '1' } : {}),
    },
    body: JSON.stringify({ status: 'error', message, code }),
  };
}

function lingering(incoming: IncomingMessage): Promise<void> {
  // Who waits for leave to send has sent nothing.
  const waiting = incoming.headers.expect !== undefined;
  if (waiting || incoming.complete || incoming.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, lingerMs);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    incoming.on('end', done);
    incoming.on('close', done);
    incoming.resume();
  });
}

function wholeOf(chunks: readonly Buffer[]): Uint8Array {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

/** Writes a reply: whole, or piece by piece at the reader's pace. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { ServerReply } from '../net.ts';

/** A reader who takes nothing for so long has left without saying so. */
const stallMs = 120_000;

export async function sendReply(outgoing: ServerResponse, reply: ServerReply): Promise<void> {
  if (typeof reply.body === 'string' || reply.body instanceof Uint8Array) {
    const length = { 'content-length': String(Buffer.byteLength(reply.body)) };
    outgoing.writeHead(
      reply.status,
      bodiless(reply.status) ? reply.headers : { ...reply.headers, ...length },
    );
    outgoing.setTimeout(stallMs, () => outgoing.destroy());
    outgoing.end(reply.body);
    return;
  }
  outgoing.writeHead(reply.status, reply.headers);
  outgoing.flushHeaders();
  await sendPieces(outgoing, reply.body);
}

/** RFC 9110 8.6 */
function bodiless(status: number): boolean {
  return status === 204 || status === 304;
}

/**
 * The next piece is asked for when the reader has room for it. When he hangs up, `return` is called at once, also
 * while a piece is being waited for. Pieces that fail cut the connection, so that the reader sees that an end is
 * missing.
 */
async function sendPieces(
  outgoing: ServerResponse,
  pieces: AsyncIterable<Uint8Array | string>,
): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]();
  const left = new AbortController();
  let hangUp: () => void = () => undefined;
  outgoing.on('close', () => {
    left.abort();
    hangUp();
  });
  // No race against one promise for the whole reply: that promise would keep every piece until its end.
  const nextPiece = () =>
    new Promise<IteratorResult<Uint8Array | string> | null>((resolve, reject) => {
      hangUp = () => resolve(null);
      iterator.next().then(resolve, reject);
    });
  try {
    while (!outgoing.destroyed) {
      const next = await nextPiece();
      if (next === null) break;
      if (next.done) {
        outgoing.end();
        return;
      }
      if (!outgoing.write(next.value)) await drained(outgoing, left.signal);
    }
  } catch (error) {
    outgoing.destroy();
    throw error;
  } finally {
    // Not awaited: a generator that waits for something takes `return` only after that.
    iterator.return?.().catch(() => undefined);
  }
}

async function drained(outgoing: ServerResponse, left: AbortSignal): Promise<void> {
  const timer = setTimeout(() => outgoing.destroy(), stallMs);
  try {
    await once(outgoing, 'drain', { signal: left });
  } catch (error) {
    if (!left.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
}

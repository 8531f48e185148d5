// The least of HTTP/1.1 that a receiver needs, over `node:net`, so that it is never what holds a sender back: requests
// of one connection one after the other, bodies by Content-Length or in chunks, kept alive. Bodies are gathered in one
// buffer for each connection, that is valid until the reply is written; of bodies that are not wanted only the length
// is known. Trusts its clients: it is for a bench on loopback.
import { createServer, Socket } from 'node:net';

/** No head of a request is longer, bytes. */
const headBytesMax = 64 * 1024;
/** A body's buffer grows from here. */
const bodyBytesMin = 64 * 1024;
/** What is read at once. */
const readBytesMax = 1024 * 1024;

/**
 * `keep(head)` says whether the body is to be gathered; `handle({ head, body, length, reply })` may call `reply(status,
 * text)` later; `firstBytes(head)` is called when a request begins to arrive; `allocate` makes the buffers for bodies.
 */
export function createRequestServer({ keep, handle, firstBytes, allocate = Buffer.allocUnsafe }) {
  return createServer({ noDelay: true, pauseOnConnect: true }, (accepted) => {
    const socket = readingAtOnce(accepted, (data) => {
      for (let rest = data; rest.length > 0; ) rest = head === null ? readHead(rest) : readBody(rest);
    });
    let head = null;
    let text = '';
    let body = allocate(bodyBytesMin);
    let kept = 0;
    let length = 0;
    /** Bytes of the body, or of the present chunk with its line end, that are yet to come. */
    let left = 0;
    socket.on('error', () => socket.destroy());

    function readHead(data) {
      text += data.latin1Slice();
      const end = text.indexOf('\r\n\r\n');
      if (end === -1) {
        if (text.length > headBytesMax) socket.destroy();
        return data.subarray(data.length);
      }
      const rest = data.subarray(data.length - (text.length - end - 4));
      head = parseHead(text.slice(0, end));
      text = '';
      [kept, length, left] = [0, 0, head.chunked ? 0 : head.length];
      firstBytes(head);
      if (head.expectsContinue) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      if (!head.chunked && left === 0) finish();
      return rest;
    }

    function readBody(data) {
      if (head.chunked && left === 0) return readChunkHead(data);
      const taken = data.subarray(0, Math.min(left, data.length));
      left -= taken.length;
      // The line end after a chunk is no part of the body.
      const bytes = head.chunked
        ? taken.subarray(0, Math.max(0, taken.length + Math.min(0, left - 2)))
        : taken;
      length += bytes.length;
      if (head.kept) gather(bytes);
      if (left === 0 && !head.chunked) finish();
      return data.subarray(taken.length);
    }

    function readChunkHead(data) {
      const end = data.indexOf(0x0a);
      text += data.latin1Slice(0, end === -1 ? data.length : end + 1);
      if (end === -1) return data.subarray(data.length);
      const size = Number.parseInt(text, 16);
      const last = head.sawLastChunk;
      const blank = text.trim() === '';
      text = '';
      if (last && blank) finish();
      else if (size === 0) head.sawLastChunk = true;
      else if (size > 0) left = size + 2;
      return data.subarray(end + 1);
    }

    function gather(bytes) {
      if (kept + bytes.length > body.length) {
        const larger = allocate(2 * (kept + bytes.length));
        body.copy(larger, 0, 0, kept);
        body = larger;
      }
      bytes.copy(body, kept);
      kept += bytes.length;
    }

    function finish() {
      const request = head;
      head = null;
      handle({
        head: request,
        body: body.subarray(0, kept),
        length,
        reply: (status, content) =>
          socket.write(
            `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`,
          ),
      });
    }

    function parseHead(lines) {
      const [method, path] = lines.slice(0, lines.indexOf('\r\n')).split(' ');
      const value = (name) => new RegExp(`\r\n${name}: *([^\r]*)`, 'i').exec(lines)?.[1] ?? '';
      const parsed = {
        method,
        path,
        length: Number(value('content-length')),
        chunked: /chunked/i.test(value('transfer-encoding')),
        encoding: value('content-encoding').toLowerCase(),
        expectsContinue: value('expect') !== '',
        sawLastChunk: false,
      };
      return { ...parsed, kept: keep(parsed) };
    }
  });
}

/**
 * Reading into one buffer of 1 MiB again and again costs half of what `data` events cost, which bring 64 KiB each in
 * memory of its own. Node lets only the connecting side choose that, so the connection is taken over by a new socket;
 * where a version of Node does not allow it, events must do.
 */
function readingAtOnce(accepted, take) {
  const { _handle: handle } = accepted;
  if (!handle) return accepted.on('data', take).resume();
  accepted._handle = null;
  const buffer = Buffer.allocUnsafe(readBytesMax);
  const callback = (length) => {
    take(buffer.subarray(0, length));
    return true;
  };
  return new Socket({ handle, onread: { buffer, callback } }).setNoDelay(true);
}

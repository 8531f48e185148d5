/** The bytes of a request's body, decompressed within bounds. */

import type { HttpRequest } from '../host/net.ts';
import { type Encoding, ExpansionError, type Work } from '../host/work.ts';
import type { HubSettings } from '../settings/hub.ts';
import { Refusal } from './reply.ts';

type Bounds = Pick<HubSettings, 'bodyBytesMax' | 'expandedBytesMax'>;

/** Throws `Refusal` 413 over a bound, 400 for bytes that are not what their encoding says, 415 for other encodings. */
export async function readBody(request: HttpRequest, bounds: Bounds, work: Work): Promise<Uint8Array> {
  if (request.body.length > bounds.bodyBytesMax) throw tooLarge(bounds.bodyBytesMax);
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  switch (encoding) {
    case '':
    case 'identity':
      return request.body;
    case 'gzip':
    case 'deflate':
    case 'br':
      return expand(request.body, encoding, { bytesMax: bounds.expandedBytesMax, work });
    case 'zstd':
      if (work.encodings.includes(encoding)) {
        return expand(request.body, encoding, { bytesMax: bounds.expandedBytesMax, work });
      }
      throw encodingUnknown(work);
    default:
      throw encodingUnknown(work);
  }
}

function encodingUnknown({ encodings }: Work): Refusal {
  const known = ['deflate', ...encodings];
  return new Refusal(415, 'ENCODING_UNKNOWN', {
    message: `The content-encoding is unknown and nothing was stored; send ${known.join(', ')} or none.`,
    headers: { 'accept-encoding': known.join(', ') },
  });
}

async function expand(
  body: Uint8Array,
  encoding: Encoding | 'deflate',
  { bytesMax, work }: { readonly bytesMax: number; readonly work: Work },
): Promise<Uint8Array> {
  try {
    return await work.decompress(encoding, body, bytesMax);
  } catch (error) {
    if (!(error instanceof ExpansionError)) throw error;
    if (error.kind === 'too-large') throw tooLarge(bytesMax);
    throw new Refusal(400, 'BODY_CORRUPT', {
      message: `The body is not valid ${encoding}; nothing of it was stored.`,
    });
  }
}

function tooLarge(bytesMax: number): Refusal {
  return new Refusal(413, 'BODY_TOO_LARGE', {
    message: `The body is over ${bytesMax} bytes; nothing of it was stored, send it in smaller parts.`,
  });
}

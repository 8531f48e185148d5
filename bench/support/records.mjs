// Counts and reads the records in the bodies of all protocols that are measured. A record is known by its key
// `"log_text":`, which cannot stand inside of a JSON string: there its quotes are escaped.
const key = search('"log_text":');
/** What stands from one record of a list to the next. */
const boundary = search('},{"log_text":"');
/** In protocol B no record is shorter from its text on: the keys, an empty source and a time. Bytes. */
const listedBytesMin = 60;

/** The records of a body `{…"logs":[{"log_text":"…",…},…]…}`, without white space; `counter` is of swift-count.mjs. */
export function countListed(body, counter) {
  if (body.indexOf('"log_text":') === -1) return 0;
  return 1 + (counter.boundaries(body) ?? count(body, boundary, listedBytesMin));
}

/** The records of a body of objects in any other form. */
export function countObjects(body) {
  return count(body, key, 1);
}

const lineEnd = 0x0a;

/** Horspool's search: how far it may go on when the byte under the pattern's end is so. */
function search(text) {
  const pattern = Buffer.from(text);
  const last = pattern.length - 1;
  const skips = new Uint8Array(256).fill(pattern.length);
  for (let index = 0; index < last; index += 1) skips[pattern[index]] = last - index;
  return { pattern, last, skips };
}

function count(body, { pattern, last, skips }, gapBytes) {
  const ending = pattern[last];
  const limit = body.length;
  let found = 0;
  for (let end = last; end < limit; ) {
    const byte = body[end];
    if (byte === ending && isAt(body, end - last, pattern)) {
      found += 1;
      end += last + gapBytes;
    } else end += skips[byte];
  }
  return found;
}

function isAt(body, from, pattern) {
  for (let index = pattern.length - 2; index >= 0; index -= 1) {
    if (body[from + index] !== pattern[index]) return false;
  }
  return true;
}

/** The records of a body `{"logs":["…","…"],"source":"…","timestamp":n}`, of which none is large. */
export function countStrings(body) {
  return JSON.parse(body.toString('utf8')).logs.length;
}

/** The texts of a body of either form, read as JSON is. */
export function textsOf(body) {
  const text = body.toString('utf8');
  if (text.startsWith('almadia-block')) {
    const [, header] = /^[^\n]* (\d+)\n/.exec(text);
    return text
      .slice(text.indexOf('\n') + Number(header) + 2)
      .split('\n')
      .slice(0, -1);
  }
  if (text.startsWith('{"index"')) {
    return text
      .split('\n')
      .filter((line) => line.includes('"log_text":'))
      .map((line) => JSON.parse(line).log_text);
  }
  const value = JSON.parse(text);
  const records = Array.isArray(value) ? value : value.logs;
  return records.map((record) => (typeof record === 'string' ? record : record.log_text));
}

const blockBegins = Buffer.from('almadia-block/');

/** Blocks come to where batches of JSON do, and are told from them by how they begin. */
export function isBlock(body) {
  return body.subarray(0, blockBegins.length).equals(blockBegins);
}

/** The records of a block (`src/protocol/block.ts`) and the id of its batch. */
export function readBlock(body) {
  const start = body.indexOf(lineEnd) + 1;
  const headerBytes = Number(body.latin1Slice(0, start).split(' ')[1]);
  const header = JSON.parse(body.utf8Slice(start, start + headerBytes));
  let from = start + headerBytes + 1;
  let records = 0;
  for (const { kind, from: first, to: end, kept } of header.segments) {
    const bytes = kind === 'lines' ? end - first : (kept ?? 0);
    const segment = body.subarray(from, from + bytes);
    if (kind === 'lines') records += countLines(segment);
    if (kind === 'cut') records += 1;
    from += bytes;
  }
  return { records, batchId: header.batch_id };
}

function countLines(bytes) {
  let count = 0;
  for (let at = bytes.indexOf(lineEnd); at !== -1; at = bytes.indexOf(lineEnd, at + 1)) count += 1;
  return bytes.length > 0 && bytes[bytes.length - 1] !== lineEnd ? count + 1 : count;
}

/** The id of the batch in a body with the envelope; null in any other. */
export function batchIdOf(body) {
  const mark = '"almadia":{"batch_id":"';
  const at = body.lastIndexOf(mark);
  if (at === -1) return null;
  return body.latin1Slice(at + mark.length, body.indexOf(0x22, at + mark.length));
}

// The lines that are measured with, the same on every machine: each kind is made from one seed. Every line carries a
// sequence number of ten digits, which no other part of any line looks like, so that a receiver can tell each apart.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

/** So many different lines are made; then they come again with other sequence numbers. Bytes. */
const blockBytes = 8 * 1024 * 1024;
const sequenceDigits = 10;
const noSequence = '0'.repeat(sequenceDigits);

/** One maker a kind: the text of a line, without its end, from dice. */
export const kinds = {
  plain: {
    describe: 'nginx-like, 110 to 300 B',
    line: (dice) =>
      `${dice(223) + 1}.${dice(256)}.${dice(256)}.${dice(256)} - - [22/Nov/2026:11:${two(dice(60))}:${two(dice(60))} +0000] "${pick(dice, ['GET', 'GET', 'POST'])} /p/${dice(9999)}?r=${noSequence} HTTP/1.1" ${pick(dice, [200, 200, 304, 404])} ${dice(40000)} "${'-'.repeat(1 + dice(40))}" "${pick(dice, browsers).slice(0, 1 + dice(120))}"`,
  },
  quoted: {
    describe: 'JSON full of quotes, 180 to 320 B',
    line: (dice) =>
      JSON.stringify({
        sequence_id: noSequence,
        level: pick(dice, ['INFO', 'WARN', 'ERROR']),
        user: `u${dice(99999)}`,
        message: `request "${pick(dice, ['/cart', '/login', '/pay'])}" took ${dice(900)} ms`,
        path: `C:\\logs\\${dice(9999)}`,
        tags: [`t${dice(99)}`, `t${dice(99)}`, pick(dice, browsers).slice(0, dice(100))],
        ok: dice(2) === 0,
      }),
  },
  short: {
    describe: '20 B with the line end',
    line: (dice) => `${noSequence} ${String(dice(99999999)).padStart(8, 'x')}`,
  },
  long: {
    describe: '8 KiB',
    line: (dice) => {
      let text = `${noSequence} stack`;
      while (text.length < 8000)
        text += ` at frame${dice(9999)} (module-${dice(99)}.js:${dice(999)}:${dice(99)})`;
      return text.padEnd(8191, '.').slice(0, 8191);
    },
  },
  multibyte: {
    describe: 'accents, Greek, Japanese and emoji, 100 to 300 B',
    line: (dice) => {
      const words = Array.from({ length: 6 + dice(14) }, () => pick(dice, foreign));
      return `${noSequence} nivel=información ${words.join(' ')}`;
    },
  },
};

const browsers = [
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 and a few more words to be longer',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0 with a tail that is rather long for a browser as they go',
  'curl/8.5.0 (x86_64-pc-linux-gnu) libcurl/8.5.0 OpenSSL/3.0 zlib/1.3 brotli/1.1 zstd/1.5 libidn2/2.3 libpsl/0.21 libssh2/1.11 nghttp2/1.59',
];
const foreign = [
  'recarga',
  'teléfono',
  'año',
  'número',
  'σφάλμα',
  'κόσμος',
  'ログ',
  '筏の川',
  'größe',
  '🪵',
  'ok',
  '12ms',
];

/** A sequence of numbers below a bound, the same for the same seed. */
export function makeDice(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
}

/** Lines of one kind with their sequence numbers open: `write(sequence)` fills them in, in place. */
export function makeBlock(kind, bytesMax = blockBytes, seed = 42) {
  const dice = makeDice(seed);
  const parts = [];
  const ends = [];
  const holes = [];
  for (let length = 0; length < bytesMax; ) {
    const line = Buffer.from(`${kinds[kind].line(dice)}\n`);
    holes.push(length + line.indexOf(noSequence));
    length += line.length;
    ends.push(length);
    parts.push(line);
  }
  return { bytes: Buffer.concat(parts), ends, holes };
}

/**
 * Writes at least `bytes` of whole lines into `path`, durably, so that the disk is at rest afterwards.
 * Returns how many bytes and lines they are.
 */
export function writeData(path, { kind, bytes, firstSequence = 0, seed = 42 }) {
  const block = makeBlock(kind, Math.min(blockBytes, bytes), seed);
  const file = openSync(path, 'w');
  let written = 0;
  let lines = 0;
  while (written < bytes) {
    number(block, firstSequence + lines);
    let last = block.ends.length - 1;
    if (written + block.bytes.length > bytes) {
      last = block.ends.findIndex((end) => written + end >= bytes);
    }
    writeSync(file, block.bytes, 0, block.ends[last]);
    written += block.ends[last];
    lines += last + 1;
  }
  fsyncSync(file);
  closeSync(file);
  return { path, bytes: written, lines };
}

function number({ bytes, holes }, firstSequence) {
  for (let index = 0; index < holes.length; index += 1) {
    let value = firstSequence + index;
    for (let at = holes[index] + sequenceDigits - 1; at >= holes[index]; at -= 1) {
      bytes[at] = 0x30 + (value % 10);
      value = Math.floor(value / 10);
    }
  }
}

function pick(dice, list) {
  return list[dice(list.length)];
}

function two(value) {
  return String(value).padStart(2, '0');
}

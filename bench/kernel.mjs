// The byte kernel, both builds, against `split` and `JSON.stringify`: MB/s of source, the same output, one thread.
// Usage: npm run build && node bench/kernel.mjs [--json] [--runs 5] [--lines plain,quoted,…]
// Every way takes its turn in each round, and the medians of the rounds are compared: a machine's speed drifts.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { openKernel, reservedBytes } from '../dist/src/lines/kernel.js';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '5' },
    lines: { type: 'string' },
  },
});
const runs = Number(values.runs);
const mebibyte = 1024 * 1024;
/** Bytes of each source: as much as a batch. */
const sourceBytes = mebibyte;
/** How long one way is measured in one round. */
const sliceMs = 40;

let state = 42;
function dice(below) {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return (state >>> 8) % below;
}
const pick = (values) => values[dice(values.length)];

const paths = [
  '/',
  '/index.html',
  '/api/v1/orders',
  '/static/js/app.3f2a.js',
  '/images/logo.png',
  '/login?next=%2Fhome',
];
const browsers = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
  'curl/7.88.1',
];
const words =
  'conexión aceptada petición válida el señor pidió añadir más crédito según la página número usuario'.split(
    ' ',
  );
const plainWords =
  'the worker has taken one more job from the queue and will be done with it in a moment'.split(' ');
const sentence = (from, count) => Array.from({ length: count }, () => pick(from)).join(' ');
const two = (number) => String(number).padStart(2, '0');
const clock = () => `${two(dice(24))}:${two(dice(60))}:${two(dice(60))}`;

const makers = {
  plain: () =>
    `2026-11-22 ${clock()}.${dice(1000)} INFO worker-${dice(16)} ${sentence(plainWords, 6 + dice(20))}`,
  access: () =>
    `${dice(256)}.${dice(256)}.${dice(256)}.${dice(256)} - - [22/Nov/2026:${clock()} +0000] "GET ${pick(paths)} HTTP/1.1" ${pick([200, 304, 404])} ${dice(40000)} "-" "${pick(browsers)}"`,
  quoted: () =>
    JSON.stringify({
      time: `2026-11-22T${clock()}Z`,
      level: pick(['info', 'warn', 'debug']),
      user: { id: dice(99999), name: pick(words) === '' ? '' : 'jsmith' },
      msg: sentence(plainWords, 2 + dice(6)),
      path: `C:\\data\\${dice(99)}`,
      ms: dice(900),
    }),
  short: () => `${clock()} job ${10000 + dice(90000)} ok`.slice(0, 20),
  long: () => sentence(plainWords, 1800).slice(0, 8192),
  accents: () => `2026-11-22 ${clock()} AVISO ${sentence(words, 8 + dice(12))}`,
  cjk: () =>
    `${clock()} ${'接続が受け入れられました。ユーザー名と番号を確認してください。'.slice(0, 8 + dice(22))}`,
  tabs: () =>
    `${clock()}\t${dice(9999)}\tGET\t${pick(paths)}\t${dice(40000)}\t${pick(['-', 'ok'])}\t${sentence(plainWords, 3)}`,
  mix: () => pick([makers.access, makers.quoted, makers.accents, makers.plain, invalid])(),
};

/** A line in which a byte of another encoding stands. */
function invalid() {
  return Buffer.from(
    `2026-11-22 ${clock()} INFO se\xf1or ${sentence(plainWords, 6)} cami\xf3n ${dice(999)}`,
    'latin1',
  );
}

function sourceOf(maker) {
  const parts = [];
  for (let bytes = 0; bytes < sourceBytes; ) {
    const line = Buffer.from(maker());
    parts.push(line, Buffer.from('\n'));
    bytes += line.length + 1;
  }
  return Buffer.concat(parts);
}

const opening = Buffer.from('{"log_text":"');
const closing = Buffer.from('","source":"access.log","timestamp":"2026-11-22T11:00:00.000Z"},');
const shape = { opening, closing, blank: 'keep', trim: false, invalid: 'replace', textBytesMax: 0 };
const strings = { ...shape, opening: Buffer.from('"'), closing: Buffer.from('",') };

function kernelWays(build) {
  const kernel = openKernel(16 * mebibyte, build);
  const from = reservedBytes;
  const into = reservedBytes + 4 * mebibyte;
  const regions = { from, into, intoEnd: kernel.memory.length };
  let to = from;
  return {
    place: (source) => {
      source.copy(kernel.memory, from);
      to = from + source.length;
    },
    records: () => {
      const { stop, written } = kernel.encodeLines(shape, { ...regions, to });
      if (stop !== 'done') throw new Error(stop);
      return written - into;
    },
    output: (written) => kernel.memory.subarray(into, into + written),
    strings: () => kernel.encodeLines(strings, { ...regions, to }),
    measure: () =>
      kernel.measureLines(shape, { from, to, perLineBytes: 90, roomBytes: Number.POSITIVE_INFINITY }),
    ends: () => kernel.lineEnds({ ...regions, to }),
    count: () => kernel.countLineEnds(from, to),
    utf8: () => kernel.isUtf8(from, to),
  };
}

function naive(source) {
  const lines = source.toString('utf8').split('\n');
  lines.pop();
  const elements = lines.map((line) =>
    JSON.stringify({ log_text: line, source: 'access.log', timestamp: '2026-11-22T11:00:00.000Z' }),
  );
  return Buffer.from(`${elements.join(',')},`);
}

/** MB/s of one slice. */
function measure(work, bytes) {
  const start = performance.now();
  let passes = 0;
  let elapsed = 0;
  do {
    work();
    passes += 1;
    elapsed = performance.now() - start;
  } while (elapsed < sliceMs);
  return (bytes * passes) / 1000 / elapsed;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

const simd = kernelWays('simd');
const scalar = kernelWays('scalar');
const jobs = ['records', 'strings', 'measure', 'ends', 'count', 'utf8'];
const results = [];
for (const [lines, maker] of Object.entries(makers)) {
  if (values.lines !== undefined && !values.lines.split(',').includes(lines)) continue;
  const source = sourceOf(maker);
  for (const kernel of [simd, scalar]) {
    kernel.place(source);
    if (!kernel.output(kernel.records()).equals(naive(source)))
      throw new Error(`${lines}: the outputs differ`);
  }
  const ways = { naive: () => naive(source) };
  for (const job of jobs) {
    ways[`simd ${job}`] = simd[job];
    ways[`scalar ${job}`] = scalar[job];
  }
  const speeds = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
  // The first round warms up.
  for (let round = 0; round <= runs; round += 1) {
    for (const [way, work] of Object.entries(ways)) {
      const speed = measure(work, source.length);
      if (round > 0) speeds[way].push(speed);
    }
  }
  // What is no UTF-8 is found at its first ill-formed byte, whatever the speed.
  if (!simd.utf8()) {
    speeds['simd utf8'] = [];
    speeds['scalar utf8'] = [];
  }
  const lineCount = simd.count();
  const medians = Object.fromEntries(
    Object.entries(speeds).map(([way, all]) => [way, all.length > 0 ? Math.round(median(all)) : null]),
  );
  results.push({ lines, bytesPerLine: Math.round(source.length / lineCount), ...medians });
  if (!values.json) print(results.length === 1, results.at(-1));
}
if (values.json) {
  const settings = { node: process.version, cpu: cpus()[0]?.model, runs, sliceMs, sourceBytes };
  console.log(JSON.stringify({ unit: 'MB/s of source, medians', settings, results }, null, 2));
}

function print(first, row) {
  if (first) {
    console.log(
      `Node ${process.version}, ${cpus()[0]?.model}, medians of ${runs}; MB/s of source; trust the ratios`,
    );
    console.log(
      `${'lines'.padEnd(8)} B/line  naive | records: simd scalar  x naive | ${jobs
        .slice(1)
        .map((job) => `${job}: simd scalar`)
        .join(' | ')}`,
    );
  }
  const ratio = `${(row['simd records'] / row.naive).toFixed(1)} ${(row['scalar records'] / row.naive).toFixed(1)}`;
  const cells = jobs
    .slice(1)
    .map(
      (job) =>
        `${String(row[`simd ${job}`] ?? '-').padStart(job.length + 6)} ${String(row[`scalar ${job}`] ?? '-').padStart(6)}`,
    );
  console.log(
    `${row.lines.padEnd(8)} ${String(row.bytesPerLine).padStart(6)} ${String(row.naive).padStart(6)} | ${String(row['simd records']).padStart(13)} ${String(row['scalar records']).padStart(6)} ${ratio.padStart(8)} | ${cells.join(' | ')}`,
  );
}

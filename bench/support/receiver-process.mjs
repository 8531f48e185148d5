// The receiver: a process of its own that answers as servers of each protocol do, and does nothing else that costs. It
// counts the records that arrive, knows when all that are expected have been acked, and reads at that moment what the
// sender has cost. Started by receiver.mjs, which describes the messages.
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip } from 'node:zlib';
import { cpuSeconds, peakResidentBytes } from './accounting.mjs';
import { createRequestServer } from './http-requests.mjs';
import { Proof } from './proof.mjs';
import {
  batchIdOf,
  countListed,
  countObjects,
  countStrings,
  isBlock,
  readBlock,
  textsOf,
} from './records.mjs';
import { percentile } from './statistics.mjs';
import { openCounter } from './swift-count.mjs';

const inflate = { gzip: promisify(gunzip), br: promisify(brotliDecompress) };
/** A decompressed batch mostly fits, bytes. */
const chunkSize = 4 * 1024 * 1024;
/** Times of lines, nanoseconds of the machine's monotonic clock, as latency.mjs writes them. */
const timePattern = /@(\d+)@/g;

const [protocol, counterCode] = process.argv.slice(2);
const offers = {
  plain: null,
  hub: { envelope: 1, gzip: true, encodings: ['gzip'] },
  block: { envelope: 1, gzip: true, block: 1, encodings: ['br', 'gzip'] },
};
const offer = offers[protocol];
const counter = openCounter(counterCode);
const state = {
  away: false,
  run: newRun({ expected: { of: 'records', count: Number.POSITIVE_INFINITY }, check: null }),
};

const requests = createRequestServer({ keep, handle, firstBytes, allocate: counter.allocate });
const lines = createServer((socket) => {
  let rest = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (data) => {
    const arrivedNs = process.hrtime.bigint();
    begin();
    const text = rest + data.latin1Slice();
    const end = text.lastIndexOf('\n') + 1;
    rest = text.slice(end);
    let count = 0;
    for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count += 1;
    take({ records: count, bytes: data.length, requests: 0 }, { text: text.slice(0, end), arrivedNs });
  });
});

await Promise.all(
  [requests, lines].map((server) => new Promise((done) => server.listen(0, '127.0.0.1', done))),
);
process.send({ kind: 'listening', port: requests.address().port, linesPort: lines.address().port });

process.on('disconnect', () => process.exit());
process.on('message', (message) => {
  if (message.kind === 'begin') state.run = newRun(message);
  else if (message.kind === 'watch') state.run.pid = message.pid;
  else if (message.kind === 'away') state.away = message.away;
  else if (message.kind === 'report') process.send({ kind: 'report', ...summary() });
});

function newRun({ expected, check }) {
  return {
    ...{
      expected,
      check,
      pid: null,
      startedAt: null,
      startCpu: null,
      ownCpu: null,
      finished: false,
      steady: null,
    },
    ...{ records: 0, bytes: 0, requests: 0, delaysMs: [], proof: check === 'proof' ? new Proof() : null },
  };
}

function keep({ path }) {
  return path !== '/raw';
}

function isData({ path }) {
  return !/register|heartbeat|\/test|_cat|^\/$/.test(path);
}

function firstBytes(head) {
  if (isData(head)) begin();
}

/** The clock of a run starts with the first byte of data. */
function begin() {
  const { run } = state;
  if (run.startedAt !== null || state.away) return;
  run.startedAt = performance.now();
  run.startCpu = run.pid === null ? null : cpuSeconds(run.pid);
  run.ownCpu = process.cpuUsage();
  process.send({ kind: 'first', atNs: String(process.hrtime.bigint()) });
}

function handle({ head, body, length, reply }) {
  const arrivedNs = process.hrtime.bigint();
  if (head.path.endsWith('/register')) {
    const registered = { status: 'success', message: 'registered', ...(offer ? { almadia: offer } : {}) };
    return reply('200 OK', JSON.stringify(registered));
  }
  if (!isData(head)) return reply('200 OK', '{"status":"success"}');
  if (state.away) return reply('503 Service Unavailable', '{"status":"error"}');
  if (head.path === '/raw') {
    reply('200 OK', '{}');
    return take({ records: 0, bytes: length, requests: 1 }, null);
  }
  if (head.encoding === '') return accept(head, body, { length, reply, arrivedNs });
  inflate[head.encoding](body, { chunkSize }).then((plain) =>
    accept(head, plain, { length, reply, arrivedNs }),
  );
}

function accept(head, body, { length, reply, arrivedNs }) {
  const { records, batchId } = isBlock(body) ? readBlock(body) : readJson(head.path, body);
  reply('200 OK', replyTo(head, batchId, records));
  const looked = state.run.check === null ? null : { body, text: body.latin1Slice(), arrivedNs };
  take({ records, bytes: length, requests: 1 }, looked);
}

function readJson(path, body) {
  if (path.endsWith('/logs')) return { records: countStrings(body), batchId: null };
  if (!path.endsWith('/ingest-batch')) return { records: countObjects(body), batchId: null };
  return { records: countListed(body, counter), batchId: offer === null ? null : batchIdOf(body) };
}

function replyTo(head, batchId, records) {
  if (head.path.startsWith('/_bulk')) return '{"took":1,"errors":false,"items":[]}';
  const receipt =
    batchId === null ? '' : `,"almadia":{"batch_id":"${batchId}","records":${records},"duplicates":0}`;
  return `{"status":"success","message":"stored","total":${records},"malicious":0,"suspicious":0,"results":[]${receipt}}`;
}

function take(arrived, looked) {
  const { run } = state;
  run.records += arrived.records;
  run.bytes += arrived.bytes;
  run.requests += arrived.requests;
  if (run.check === 'delay' && looked !== null) {
    for (const [, at] of looked.text.matchAll(timePattern)) {
      run.delaysMs.push(Number(looked.arrivedNs - BigInt(at)) / 1e6);
    }
  }
  if (run.proof !== null && looked?.body) run.proof.add(textsOf(looked.body));
  const reached = run[run.expected.of];
  if (run.steady === null && reached >= (run.expected.steady ?? run.expected.count))
    run.steady = costs(reached);
  if (run.finished || reached < run.expected.count) return;
  run.finished = true;
  process.send({ kind: 'done', ...summary() });
}

/** What the sender and this process have spent since the first byte. */
function costs(reached) {
  const { run } = state;
  const own = run.ownCpu === null ? { user: 0, system: 0 } : process.cpuUsage(run.ownCpu);
  const cpu = run.pid === null ? null : cpuSeconds(run.pid);
  return {
    share: reached / run.expected.count,
    seconds: run.startedAt === null ? null : (performance.now() - run.startedAt) / 1000,
    cpuSeconds: cpu === null || run.startCpu === null ? null : cpu - run.startCpu,
    receiverCpuSeconds: (own.user + own.system) / 1e6,
  };
}

function summary() {
  const { run } = state;
  run.delaysMs.sort((a, b) => a - b);
  return {
    ...{ records: run.records, bytes: run.bytes, requests: run.requests, steady: run.steady },
    ...costs(run[run.expected.of]),
    peakBytes: run.pid === null ? null : peakResidentBytes(run.pid),
    delays: {
      count: run.delaysMs.length,
      ...{ p50Ms: percentile(run.delaysMs, 0.5), p99Ms: percentile(run.delaysMs, 0.99) },
      maxMs: run.delaysMs.at(-1) ?? null,
    },
    proof: run.proof?.summary() ?? null,
  };
}

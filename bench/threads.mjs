// Does a second thread pay for the agent? Encodes and posts blocks of lines, all on one thread and with the kernel on a
// worker of its own, in turns; and tells what a worker costs that has nothing to do.
// Usage: npm run build && node bench/threads.mjs [rounds] [--json]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { openLineMemory } from '../dist/src/lines/line-memory.js';
import { ilaSoc } from '../dist/src/protocol/ila-soc.js';

const blockBytes = 1024 * 1024;
const blocksPerRound = 400;
const session = {
  agentId: 'bench',
  hostname: 'h',
  osType: 'Linux',
  key: 'k',
  version: '0',
  envelope: 0,
  gzip: false,
};
const part = process.argv[2] === 'receive' ? receive : isMainThread ? main : work;
await part();

async function main() {
  const rounds = Number(process.argv.find((one) => /^\d+$/.test(one)) ?? 5);
  const receiver = fork(import.meta.filename, ['receive']);
  const [port] = await once(receiver, 'message');
  const post = poster(port);
  const block = lines();
  const seconds = { one: [], two: [] };
  const encode = encoder();
  const beside = startWorker(block.length);
  await shipOnOne(encode, post, block);
  await shipOnTwo(beside, post, block);
  for (let round = 0; round < rounds; round += 1) {
    seconds.one.push(await measured(() => shipOnOne(encode, post, block)));
    seconds.two.push(await measured(() => shipOnTwo(beside, post, block)));
  }
  const idleBytes = await idleWorkerBytes();
  receiver.kill();
  await beside.worker.terminate();
  report({ rounds, seconds, idleBytes, blockBytes: block.length });
  process.exit(0);
}

function report({ rounds, seconds, idleBytes, blockBytes: bytes }) {
  const ratios = seconds.one.map(({ wall }, round) => wall / seconds.two[round].wall);
  const result = {
    rounds,
    mbPerSecondOnOne: middle(seconds.one.map(({ wall }) => (blocksPerRound * bytes) / 1e6 / wall)),
    mbPerSecondOnTwo: middle(seconds.two.map(({ wall }) => (blocksPerRound * bytes) / 1e6 / wall)),
    speedOfTwoToOne: middle(ratios),
    cpuOfTwoToOne: middle(seconds.one.map(({ cpu }, round) => seconds.two[round].cpu / cpu)),
    idleWorkerMebibytes: idleBytes / 1024 / 1024,
  };
  if (process.argv.includes('--json')) console.log(JSON.stringify(result));
  else
    for (const [name, value] of Object.entries(result))
      console.log(name.padEnd(22), value.toFixed(2).padStart(9));
}

async function shipOnOne(encode, post, block) {
  let sent = Promise.resolve();
  for (let count = 0; count < blocksPerRound; count += 1) {
    const { parts, release } = encode(block);
    const before = sent;
    sent = before.then(() => post(parts)).then(release);
    await before;
  }
  await sent;
}

/** The worker encodes the next block while this thread posts the one before. */
async function shipOnTwo({ worker, spare }, post, block) {
  let sent = Promise.resolve();
  for (let count = 0; count < blocksPerRound; count += 1) {
    const raw = spare.pop() ?? new Uint8Array(block.length);
    raw.set(block);
    worker.postMessage(raw, [raw.buffer]);
    const [{ encoded, back }] = await once(worker, 'message');
    spare.push(back);
    const before = sent;
    sent = before.then(() => post([encoded]));
    await before;
  }
  await sent;
}

function startWorker() {
  return { worker: new Worker(import.meta.filename), spare: [] };
}

function work() {
  const encode = encoder();
  if (workerData === 'idle') parentPort.postMessage('ready');
  parentPort.on('message', (raw) => {
    const { parts, release } = encode(raw);
    const encoded = new Uint8Array(Buffer.concat(parts));
    release();
    parentPort.postMessage({ encoded, back: raw }, [encoded.buffer, raw.buffer]);
  });
}

/** As the agent encodes a batch. */
function encoder() {
  const memory = openLineMemory();
  return (block) => {
    const region = memory.take(block.length);
    region.bytes.set(block);
    const segment = {
      stream: '0'.repeat(32),
      path: '/var/log/a.log',
      from: 0,
      to: block.length,
      kind: 'lines',
    };
    const batch = {
      key: { output: 'default', sequence: 1, part: '' },
      ...{ id: 'x', readAtMs: 0, segments: [segment], bytes: block.length },
      records: memory.countLines(region.bytes),
    };
    const { request, hold } = ilaSoc.encode(batch, [region.bytes], session, memory);
    const release = () => {
      hold.release();
      region.release();
    };
    return { parts: request.body, release };
  };
}

function lines() {
  let text = '';
  for (let number = 0; text.length < blockBytes; number += 1) {
    text += `10.0.${number % 256}.7 - - [27/Nov/2026:06:00:00 +0000] "GET /p/${number}?r=${number * 7} HTTP/1.1" 200 ${number} "-" "Mozilla/5.0 ${'-'.repeat(number % 120)}"\n`;
  }
  return Buffer.from(text);
}

async function measured(run) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run();
  const used = process.cpuUsage(cpu);
  return { wall: (performance.now() - start) / 1000, cpu: (used.user + used.system) / 1e6 };
}

async function idleWorkerBytes() {
  const before = process.memoryUsage.rss();
  const idle = new Worker(import.meta.filename, { workerData: 'idle' });
  await once(idle, 'message');
  const after = process.memoryUsage.rss();
  await idle.terminate();
  return after - before;
}

function poster(port) {
  const agent = new http.Agent({ keepAlive: true });
  return (parts) =>
    new Promise((resolve, reject) => {
      const length = parts.reduce((sum, one) => sum + one.length, 0);
      const options = {
        agent,
        port,
        host: '127.0.0.1',
        method: 'POST',
        headers: { 'content-length': length },
      };
      const request = http.request(options, (reply) => reply.resume().on('end', resolve));
      request.on('error', reject);
      for (const one of parts) request.write(one);
      request.end();
    });
}

/** Counts nothing: reads bodies and answers. */
async function receive() {
  const server = http.createServer((request, reply) =>
    request.on('data', () => {}).on('end', () => reply.end('ok')),
  );
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
  process.on('disconnect', () => process.exit(0));
}

function middle(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

// What receiving costs the hub: batches of 1 MiB of nginx-like lines, protocol B with the envelope, through `handle`,
// without a network. Then the same batches again (all duplicates), the export, and the store's size.
// Usage: npm run build && node bench/hub-receive.mjs [directory on the disk to be measured] [MiB]
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createHost } from '../dist/src/host/node/host.js';
import { silentLog } from '../dist/src/host/selflog.js';
import { openHub } from '../dist/src/hub/hub.js';
import { hub as protocol } from '../dist/src/protocol/hub.js';
import { hubDefaults } from '../dist/src/settings/hub.js';

const directory = mkdtempSync(join(process.argv[2] ?? '.', 'almadia-bench-'));
const batchCount = Number(process.argv[3] ?? 96);
const mebibyte = 1024 * 1024;

let state = 42;
function dice(below) {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return (state >>> 8) % below;
}

function block() {
  const lines = [];
  for (let bytes = 0; bytes < mebibyte; ) {
    const ip = `${dice(223) + 1}.${dice(256)}.${dice(256)}.${dice(256)}`;
    const line = `${ip} - - [22/Nov/2026:11:${dice(60)}:${dice(60)} +0000] "GET /p/${dice(9999)} HTTP/1.1" ${[200, 304, 404][dice(3)]} ${dice(40000)} "-" "Mozilla/5.0 (X11; Linux x86_64)"\n`;
    lines.push(line);
    bytes += line.length;
  }
  return Buffer.from(lines.join(''));
}

function requestsOf(agent, compress) {
  const requests = [];
  let from = 0;
  for (let sequence = 0; sequence < batchCount / 4; sequence += 1) {
    const body = block();
    const segment = {
      stream: agent.padEnd(32, '0'),
      path: '/var/log/a.log',
      from,
      to: from + body.length,
      kind: 'lines',
    };
    const batch = {
      id: `${agent}-${sequence}`,
      readAtMs: 0,
      segments: [segment],
      records: 0,
      bytes: body.length,
    };
    const session = { agentId: agent, key: 'k', version: '0', envelope: 1 };
    const json = Buffer.concat(protocol.encode(batch, [body], session).request.body);
    requests.push({ body: compress ? gzipSync(json, { level: 1 }) : json, bytes: body.length });
    from += body.length;
  }
  return requests;
}

async function send(hub, { body }, compress) {
  const reply = await hub.handle({
    method: 'POST',
    path: '/api/agent/ingest-batch',
    query: '',
    headers: { 'x-api-key': 'k', ...(compress ? { 'content-encoding': 'gzip' } : {}) },
    body,
    remoteAddress: '127.0.0.1',
    signal: new AbortController().signal,
  });
  if (reply.status !== 200) throw new Error(String(reply.body));
}

async function measure(name, bytes, work) {
  const start = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const perGb = (user + system) / 1e6 / (bytes / 1e9);
  console.log(
    `${name.padEnd(44)} ${(bytes / 1e6 / seconds).toFixed(0).padStart(6)} MB/s  ${perGb.toFixed(1)} CPU s/GB`,
  );
}

async function run(agents, compress) {
  const path = join(directory, `${agents}-${compress}`);
  const hub = await openHub(createHost(), { ...hubDefaults, dataDirectory: path, key: 'k' }, silentLog);
  const all = Array.from({ length: agents }, (_, index) => requestsOf(`a${index}`, compress));
  const bytes = all.flat().reduce((sum, request) => sum + request.bytes, 0);
  const sendAll = () =>
    Promise.all(
      all.map(async (requests) => {
        for (const request of requests) await send(hub, request, compress);
      }),
    );
  if (!compress && agents === 1) {
    await measure('yardstick: JSON.parse of the bodies alone', bytes, async () => {
      for (const { body } of all.flat()) JSON.parse(body.toString());
    });
  }
  const name = `${agents} agent${agents > 1 ? 's' : ''}, ${compress ? 'gzip' : 'plain'}`;
  await measure(`receive, ${name}`, bytes, sendAll);
  await measure(`receive again (duplicates), ${name}`, bytes, sendAll);
  await measure(`export, ${name}`, bytes, async () => {
    const reply = await hub.handle({
      ...{
        method: 'GET',
        path: '/api/export',
        query: '',
        headers: { 'x-api-key': 'k' },
        body: new Uint8Array(),
      },
      ...{ remoteAddress: '', signal: new AbortController().signal },
    });
    for await (const _ of reply.body);
  });
  await hub.close();
  const stored = statSync(join(path, 'hub.sqlite')).size;
  console.log(
    `  stored at ${(stored / bytes).toFixed(3)} of the raw size; ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB resident`,
  );
}

try {
  for (const agents of [1, 4]) for (const compress of [false, true]) await run(agents, compress);
} finally {
  rmSync(directory, { recursive: true });
}

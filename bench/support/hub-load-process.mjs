// Posts batches to a hub as so many agents at once would, each waiting for its replies: bodies are made beforehand, in
// the protocol's own code, so that only the hub is measured. A process of its own.
// Usage: node hub-load-process.mjs URL KEY PROTOCOL AGENTS BATCHES BATCH-BYTES; PROTOCOL is sync-logs, ila-soc, hub, hub-gzip,
// block or block-br; says `{"seconds","bytes","lines"}` on standard output.
import * as http from 'node:http';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { makeBlock } from './data.mjs';

const [url, key, protocol, agents, batches, batchBytes] = process.argv.slice(2);
const { bytes } = makeBlock('plain', Number(batchBytes));
const lines = bytes.toString('latin1').split('\n').slice(0, -1);
const strings = JSON.stringify(lines);
const source = 'bench.log';
const timestamp = new Date().toISOString();
const objects = JSON.stringify(lines.map((line) => ({ log_text: line, source, timestamp })));
const ends = lines.map((line) => line.length + 1);
const connections = new http.Agent({ keepAlive: true });

await Promise.all(Array.from({ length: Number(agents) }, (_, index) => register(index)));
const queues = Array.from({ length: Number(agents) }, (_, agent) =>
  Array.from({ length: Number(batches) }, (_, batch) => requestOf(agent, batch)),
);
const started = performance.now();
await Promise.all(queues.map(sendAll));
const seconds = (performance.now() - started) / 1000;
const count = Number(agents) * Number(batches);
console.log(JSON.stringify({ seconds, bytes: count * bytes.length, lines: count * lines.length }));
connections.destroy();

async function sendAll(queue) {
  for (const { path, body, encoding } of queue) await post(path, body, encoding);
}

function requestOf(agent, batch) {
  const name = `bench-${agent}`;
  if (protocol === 'sync-logs') {
    return {
      path: '/api/logs',
      body: Buffer.from(`{"logs":${strings},"source":"${name}","timestamp":${batch}}`),
    };
  }
  const plain = `{"agent_id":"${name}","logs":${objects}`;
  const path = '/api/agent/ingest-batch';
  if (protocol === 'ila-soc') return { path, body: Buffer.from(`${plain}}`) };
  const from = batch * bytes.length;
  const segment = {
    stream: String(agent).padStart(32, '0'),
    path: `/var/log/${source}`,
    from,
    to: from + bytes.length,
    kind: 'lines',
  };
  const head = { agent_id: name, batch_id: `${name}-${batch}` };
  if (protocol.startsWith('block')) {
    const header = JSON.stringify({ ...head, read_at: timestamp, segments: [segment] });
    const body = Buffer.concat([Buffer.from(`almadia-block/1 ${header.length}\n${header}\n`), bytes]);
    return {
      path,
      ...(protocol === 'block' ? { body } : { body: brotli(body), encoding: 'br' }),
    };
  }
  const envelope = JSON.stringify({ batch_id: head.batch_id, segments: [{ ...segment, ends }] });
  const body = Buffer.from(`${plain},"almadia":${envelope}}`);
  return protocol === 'hub' ? { path, body } : { path, body: gzipSync(body, { level: 1 }), encoding: 'gzip' };
}

function brotli(body) {
  return brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
}

function register(index) {
  const body = { agent_id: `bench-${index}`, hostname: 'bench', os_type: 'Linux' };
  return post('/api/agent/register', Buffer.from(JSON.stringify(body)));
}

function post(path, body, encoding = null) {
  const headers = {
    ...{ 'content-type': 'application/json', 'content-length': body.length, 'x-api-key': key },
    ...(encoding === null ? {} : { 'content-encoding': encoding }),
  };
  return new Promise((resolve, reject) => {
    const request = http.request(
      `${url}${path}`,
      { method: 'POST', agent: connections, headers },
      (reply) => {
        let said = '';
        reply.setEncoding('utf8').on('data', (text) => {
          said += text;
        });
        reply.on('end', () =>
          reply.statusCode < 300 ? resolve() : reject(new Error(`${reply.statusCode} ${said}`)),
        );
      },
    );
    request.on('error', reject).end(body);
  });
}

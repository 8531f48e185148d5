// What one writes in an afternoon: read chunks as text, split, one object a line, JSON.stringify, node:http with
// keep-alive, one request after the other, the position kept in a file after each ack. Batches are as large as those of
// the agent by default. It ends only when it is told to.
// Usage: node naive-agent.mjs URL FILE POSITION-FILE [gzip]
import { createReadStream } from 'node:fs';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { batchBytes, batchRecords } from '../support/batch.mjs';

const pollMs = 250;

const [url, file, positionFile, compression] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true });
const gzip = promisify(zlib.gzip);
const source = basename(file);

let position = Number(await readFile(positionFile, 'utf8').catch(() => '0'));
for (;;) {
  if ((await stat(file)).size > position) await readOn();
  await sleep(pollMs);
}

async function readOn() {
  let logs = [];
  let bytes = 0;
  let rest = '';
  let timestamp = new Date().toISOString();
  const ship = async () => {
    if (logs.length === 0) return;
    await post(JSON.stringify({ agent_id: 'naive', logs }));
    position += bytes;
    await keepPosition();
    logs = [];
    bytes = 0;
    timestamp = new Date().toISOString();
  };
  for await (const chunk of createReadStream(file, { encoding: 'utf8', start: position })) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      logs.push({ log_text: line, source, timestamp });
      bytes += Buffer.byteLength(line) + 1;
      if (bytes >= batchBytes || logs.length >= batchRecords) await ship();
    }
  }
  await ship();
}

async function keepPosition() {
  await writeFile(`${positionFile}.new`, String(position));
  await rename(`${positionFile}.new`, positionFile);
}

async function post(text) {
  const body = compression === 'gzip' ? await gzip(text, { level: 1 }) : Buffer.from(text);
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    ...(compression === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
  };
  await new Promise((resolve, reject) => {
    const request = http.request(
      `${url}/api/agent/ingest-batch`,
      { method: 'POST', agent, headers },
      (reply) => {
        reply
          .resume()
          .on('end', () => (reply.statusCode === 200 ? resolve() : reject(new Error(reply.statusCode))));
      },
    );
    request.on('error', reject).end(body);
  });
}

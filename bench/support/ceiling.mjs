// What the receiver itself can take, in MB of input a second: prepared bodies of the size of a batch, posted by a
// process that does nothing else. Where an agent comes near to it, the agent is not what was measured.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { batchBytes, batchRecords } from './batch.mjs';
import { makeBlock } from './data.mjs';
import { startReceiver } from './receiver.mjs';

const secondsWanted = 0.5;
const postsToWarmUp = 40;

/** `path` is `/raw` for the bytes as they are; else a batch of JSON is posted, as the naive agent makes it. */
export async function measureCeiling({ kind, gzip = false, path = '/api/agent/ingest-batch' }) {
  const { body, inputBytes } = path === '/raw' ? rawBody(kind) : batchBody(kind, gzip);
  const receiver = await startReceiver('plain');
  const round = (posts) => load(receiver.port, { path, posts, body, encoding: gzip ? 'gzip' : 'none' });
  try {
    await round(postsToWarmUp);
    const posts = Math.ceil((postsToWarmUp * secondsWanted) / (await round(postsToWarmUp)));
    return (posts * inputBytes) / 1e6 / (await round(posts));
  } finally {
    await receiver.stop();
  }
}

/** Posts `body` so many times over `connections`; returns the seconds. */
export async function load(port, { path, posts, body, encoding = 'none', connections = 2 }) {
  const script = new URL('./load-process.mjs', import.meta.url).pathname;
  const args = [script, port, path, connections, posts, encoding].map(String);
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(body);
  return Number(await text(child.stdout));
}

/** A batch of one kind of lines as JSON, and the bytes of input that are in it. */
export function batchBody(kind, gzip = false) {
  const { bytes } = makeBlock(kind, batchBytes);
  const lines = bytes.toString('utf8').split('\n').slice(0, -1).slice(0, batchRecords);
  const timestamp = new Date(0).toISOString();
  const logs = lines.map((line) => ({ log_text: line, source: 'bench.log', timestamp }));
  const json = Buffer.from(JSON.stringify({ agent_id: 'bench', logs }));
  const inputBytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
  return { body: gzip ? gzipSync(json, { level: 1 }) : json, inputBytes };
}

function rawBody(kind) {
  const { bytes } = makeBlock(kind, batchBytes);
  return { body: bytes, inputBytes: bytes.length };
}

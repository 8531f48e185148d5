// What packing saves at a start: the program as it is run (dist/program) beside the same program with one file for
// each source and its packages in node_modules (dist/src), for commands that only tell something, and for `run` until
// the first line is at its destination. They take turns, so that what else the machine does hits all alike.
// Usage: npm run build && node bench/start.mjs [rounds] [--json]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const rounds = Number(process.argv[2] ?? 9) || 9;
const builds = {
  packed: join(import.meta.dirname, '../bin/almadia'),
  'not packed': join(import.meta.dirname, '../dist/src/main.js'),
};
const patienceMs = 20_000;

// A destination that speaks protocol B, and takes everything.
let heard = () => undefined;
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    response.setHeader('content-type', 'application/json').end('{"status":"success"}');
    if (request.url.endsWith('/ingest-batch')) heard(performance.now());
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');

const directory = mkdtempSync(join(tmpdir(), 'almadia-start-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
mkdirSync(join(directory, 'logs'));
const log = join(directory, 'logs/app.log');
const state = join(directory, 'state');
writeFileSync(
  join(directory, 'almadia.yaml'),
  `agent: { state_dir: state }
sources: [{ type: file, include: ["logs/*.log"], start_at: beginning }]
output: { type: ila-soc, url: "http://127.0.0.1:${server.address().port}", key: start }
`,
);

function start(args) {
  return spawn(process.execPath, args, { cwd: directory, stdio: 'ignore' });
}

/** From the command to its end. */
async function whole(...args) {
  const from = performance.now();
  await once(start(args), 'close');
  return performance.now() - from;
}

/** From the command to the first line at the destination; then the agent is stopped. */
async function delivered(almadia) {
  appendFileSync(log, `the line of ${performance.now()}\n`);
  const arrival = new Promise((done) => {
    heard = done;
  });
  const from = performance.now();
  const agent = start([almadia, 'run']);
  const ended = once(agent, 'close').then(() => Promise.reject(new Error('the agent ended')));
  const late = new Promise((_, fail) => setTimeout(fail, patienceMs, new Error('no line came')).unref());
  const at = await Promise.race([arrival, ended, late]);
  agent.kill('SIGTERM');
  await ended.catch(() => undefined);
  return at - from;
}

const tasks = { 'empty node': () => whole('-e', '0') };
for (const [build, almadia] of Object.entries(builds)) {
  tasks[`--version, ${build}`] = () => whole(almadia, '--version');
  tasks[`--help, ${build}`] = () => whole(almadia, '--help');
  tasks[`config show, ${build}`] = () => whole(almadia, 'config', 'show');
  tasks[`first start, ${build}`] = () => {
    if (existsSync(state)) rmSync(state, { recursive: true });
    return delivered(almadia);
  };
  tasks[`later start, ${build}`] = () => delivered(almadia);
}

const times = Object.fromEntries(Object.keys(tasks).map((name) => [name, []]));
for (let round = -1; round < rounds; round += 1) {
  for (const [name, task] of Object.entries(tasks)) {
    const tookMs = await task();
    // The first round fills the system's caches.
    if (round >= 0) times[name].push(tookMs);
  }
}
server.close();
server.closeAllConnections();

const medianOf = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const results = Object.entries(times).map(([name, values]) => ({
  name,
  medianMs: medianOf(values),
  leastMs: Math.min(...values),
  // Round by round, so that a slow moment of the machine is in both.
  ratio: medianOf(values.map((value, at) => value / times['empty node'][at])),
}));
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ node: process.version, rounds, results }, null, 2));
} else {
  console.log(
    `node ${process.version}, ${rounds} rounds`.padEnd(28),
    'median ms  least ms  to an empty node',
  );
  for (const { name, medianMs, leastMs, ratio } of results) {
    const columns = [medianMs.toFixed(0).padStart(9), leastMs.toFixed(0).padStart(9)];
    console.log(name.padEnd(28), ...columns, ratio.toFixed(2).padStart(17));
  }
}

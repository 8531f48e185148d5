// What receiving costs the hub, through `handle`, without a network: nginx-like lines in the form of each protocol, as
// they are and compressed, from one sender and from several. Beside every rate stands the floor of the same run: the
// same lines, packed as the hub packs them, written to SQLite with one durable commit for each request, and nothing else.
// Usage: npm run build && node bench/hub-receive.mjs [directory on the disk to be measured] [MiB] [--runs 5] [--json]
//        [--only words: parts of the names of forms] [--senders 1,4]
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createHost } from '../dist/src/host/node/host.js';
import { nodeWork } from '../dist/src/host/node/work.js';
import { silentLog } from '../dist/src/host/selflog.js';
import { openHub } from '../dist/src/hub/hub.js';
import { countLines } from '../dist/src/lines/ends.js';
import { hub as hubProtocol } from '../dist/src/protocol/hub.js';
import { ilaSoc } from '../dist/src/protocol/ila-soc.js';
import { syncLogs, syncLogsLimits } from '../dist/src/protocol/sync-logs.js';
import { hubDefaults } from '../dist/src/settings/hub.js';
import { pieces } from '../dist/src/store/run.js';
import { packText, textBlock } from '../dist/src/store/text-block.js';

const { values, positionals } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    senders: { type: 'string', default: '1,4' },
  },
  allowPositionals: true,
});
const directory = mkdtempSync(join(positionals[0] ?? '.', 'almadia-bench-'));
const mebibyte = 1024 * 1024;
const totalBytes = Number(positionals[1] ?? 48) * mebibyte;
const runs = Number(values.runs);
const senderCounts = values.senders.split(',').map(Number);

let state = 42;
function dice(below) {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return (state >>> 8) % below;
}

function linesOf(bytesWanted) {
  const lines = [];
  for (let bytes = 0; bytes < bytesWanted; ) {
    const ip = `${dice(223) + 1}.${dice(256)}.${dice(256)}.${dice(256)}`;
    const line = `${ip} - - [22/Nov/2026:11:${dice(60)}:${dice(60)} +0000] "GET /p/${dice(9999)} HTTP/1.1" ${[200, 304, 404][dice(3)]} ${dice(40000)} "-" "Mozilla/5.0 (X11; Linux x86_64)"\n`;
    lines.push(line);
    bytes += line.length;
  }
  return Buffer.from(lines.join(''));
}

const session = { agentId: 'a', key: 'k', version: '0', envelope: 1, gzip: true };
const lists = (source) => syncLogs({ source, ...syncLogsLimits });

/** `share`: how much of the whole amount is sent, where requests are small. `max`: log input of one request, bytes. */
const forms = [
  { name: 'A', path: '/api/logs', max: 6000, share: 1 / 16, of: (sender) => [lists(sender), session] },
  { name: 'B plain', path: '/api/agent/ingest-batch', max: mebibyte, share: 1, of: () => [ilaSoc, session] },
  {
    name: 'B envelope',
    path: '/api/agent/ingest-batch',
    max: mebibyte,
    share: 1,
    of: () => [hubProtocol, session],
  },
  {
    ...{ name: 'block', path: '/api/agent/ingest-batch', max: mebibyte, share: 1 },
    of: () => [hubProtocol, { ...session, block: 1 }],
  },
];

/** The lines of one sender in requests, and the same lines as they are. */
async function requestsOf(form, sender, { encoding, bytes }) {
  const requests = [];
  let from = 0;
  while (from < bytes) {
    const text = linesOf(form.max);
    const segment = {
      stream: '0'.repeat(32),
      path: '/var/log/a.log',
      from,
      to: from + text.length,
      kind: 'lines',
    };
    const batch = {
      id: `${sender}-${from}`,
      readAtMs: 0,
      segments: [segment],
      records: countLines(text),
      bytes: text.length,
    };
    const [protocol, with_] = form.of(sender);
    const sent = Buffer.concat(protocol.encode(batch, [text], { ...with_, agentId: sender }).request.body);
    const body = encoding === 'none' ? sent : await nodeWork.compress(encoding, [sent]);
    requests.push({ path: form.path, body, encoding, text });
    from += text.length;
  }
  return requests;
}

async function send(hub, { path, body, encoding }) {
  const reply = await hub.handle({
    ...{ method: 'POST', path, query: '', body, remoteAddress: '127.0.0.1' },
    headers: { 'x-api-key': 'k', ...(encoding === 'none' ? {} : { 'content-encoding': encoding }) },
    signal: new AbortController().signal,
  });
  if (reply.status !== 200) throw new Error(String(reply.body));
}

async function read(hub, path, query) {
  const reply = await hub.handle({
    ...{
      method: 'GET',
      path,
      query,
      headers: { 'x-api-key': 'k' },
      body: new Uint8Array(),
      remoteAddress: '',
    },
    signal: new AbortController().signal,
  });
  if (typeof reply.body === 'string') return;
  for await (const _ of reply.body);
}

/** What SQLite alone takes for the packed lines: one commit at FULL for each request. */
async function floorOf(all) {
  const packed = [];
  for (const { text } of all.flat()) {
    packed.push(
      await Promise.all(
        pieces(text, 256 * 1024).map(async (piece) => {
          const whole = await packText([{ receivedAtMs: 0, text: piece }], nodeWork);
          return textBlock(whole, 0, nodeWork).body;
        }),
      ),
    );
  }
  const path = join(directory, `floor-${Math.random()}`);
  const database = createHost().databases.open(path);
  database.exec('CREATE TABLE blobs (number INTEGER PRIMARY KEY, body BLOB NOT NULL)');
  const result = await measured(() => {
    for (const bodies of packed) {
      database.transaction('full', () => {
        for (const body of bodies) database.run('INSERT INTO blobs (body) VALUES (?)', body);
      });
    }
  });
  database.close();
  rmSync(path);
  return result;
}

async function measured(work) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function oneRun(form, { encoding, senders, run }) {
  const bytes = (totalBytes * form.share) / senders;
  const all = [];
  for (let sender = 0; sender < senders; sender++) {
    all.push(await requestsOf(form, `a${sender}`, { encoding, bytes }));
  }
  const input = all.flat().reduce((sum, { text }) => sum + text.length, 0);
  const path = join(directory, `${form.name}-${encoding}-${senders}-${run}`);
  const hub = await openHub(createHost(), { ...hubDefaults, dataDirectory: path, key: 'k' }, silentLog);
  const sendAll = () =>
    Promise.all(
      all.map(async (requests) => {
        for (const request of requests) await send(hub, request);
      }),
    );
  const floor = await floorOf(all);
  const received = await measured(sendAll);
  const again = form.name === 'A' || form.name === 'B plain' ? null : await measured(sendAll);
  const newest = await measured(async () => {
    for (let count = 0; count < 10; count++) await read(hub, '/api/lines', 'limit=200');
  });
  const exported = await measured(() => read(hub, '/api/export', 'agent=a0'));
  await hub.close();
  rmSync(path, { recursive: true });
  const rate = ({ seconds }, amount = input) => amount / 1e6 / seconds;
  return {
    receive: rate(received),
    cpuPerGb: received.cpuSeconds / (input / 1e9),
    floor: rate(floor),
    ofFloor: floor.seconds / received.seconds,
    again: again === null ? null : rate(again),
    newestMs: (newest.seconds * 1000) / 10,
    export: rate(exported, input / senders),
  };
}

const results = [];
try {
  for (const form of forms.filter(({ name }) => name.includes(values.only))) {
    for (const encoding of [
      'none',
      ...(form.name === 'A' ? [] : ['gzip', ...nodeWork.encodings.filter((one) => one !== 'gzip')]),
    ]) {
      for (const senders of senderCounts) {
        const found = [];
        for (let run = 0; run < runs; run++) found.push(await oneRun(form, { encoding, senders, run }));
        const result = { form: form.name, encoding, senders };
        for (const key of Object.keys(found[0])) {
          result[key] = found[0][key] === null ? null : median(found.map((one) => one[key]));
        }
        results.push(result);
        if (!values.json) print(result);
      }
    }
  }
  const setting = { node: process.version, cpus: cpus().length, bytes: totalBytes, runs };
  if (values.json) console.log(JSON.stringify({ setting, results }, null, 2));
  else console.log(`medians of ${runs} runs; Node ${process.version}, ${cpus().length} cores`);
} finally {
  rmSync(directory, { recursive: true });
}

function print(result) {
  if (results.length === 1) {
    console.log(
      'form        encoding senders  receive  CPU s/GB    floor  of floor    again  newest   export',
    );
  }
  const number = (value, digits = 0) => (value === null ? '-' : value.toFixed(digits)).padStart(8);
  console.log(
    `${result.form.padEnd(11)} ${result.encoding.padEnd(8)} ${String(result.senders).padStart(7)} ` +
      `${number(result.receive)} ${number(result.cpuPerGb, 1)}  ${number(result.floor)}  ${number(result.ofFloor, 2)} ` +
      `${number(result.again)} ${number(result.newestMs, 1)} ${number(result.export)}`,
  );
}

// The hub as a user starts it, over HTTP: how fast it receives each protocol with durable commits, how fast it answers,
// and how that grows with 1, 10 and 100 agents.
import { mkdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { almadia, almadiaCommand } from '../rivals/almadia.mjs';
import { cpuSeconds, peakResidentBytes } from '../support/accounting.mjs';
import { runProcess, startProcess } from '../support/processes.mjs';
import { median, ratio } from '../support/statistics.mjs';
import { figure, times } from '../support/table.mjs';

const key = 'bench-key';
const loader = new URL('../support/hub-load-process.mjs', import.meta.url).pathname;
const protocols = ['sync-logs', 'ila-soc', 'hub', 'hub-gzip', 'block', 'block-br'];
/** What agents of Almadía send. */
const usual = 'block-br';
const agentCounts = [1, 10, 100];
const mebibyte = 1024 * 1024;
/** 4 agents with 8 batches each. */
const load = { agents: 4, batches: 8, bytes: mebibyte };
/** Each agent brings the same, so that the work grows as the agents do. */
const perAgent = { batches: 4, bytes: mebibyte / 4 };

export const hub = {
  summary: 'the hub: receiving by protocol, export and last lines, 1, 10 and 100 agents',
  run: async (context) => {
    const receiving = await receive(context);
    const growing = await grow(context);
    return {
      settings: [
        `almadia ${almadia.find().version} hub: defaults, data on this machine's disk for temporary files`,
        `receiving: ${load.agents} agents at once, ${load.batches} batches of 1 MiB each; nginx-like lines`,
      ],
      tables: [receiving.table, receiving.queries, growing.table],
      figures: { receiving: receiving.figures, queries: receiving.queryFigures, agents: growing.figures },
    };
  },
};

/** Each protocol in turn, in as many rounds as asked for, to a hub that is new in each round. */
async function receive({ directory, options, tell }) {
  const runs = Object.fromEntries(protocols.map((protocol) => [protocol, []]));
  const queries = { export: [], lines: [] };
  for (let round = 1; round <= options.runs; round += 1) {
    tell(`round ${round} of ${options.runs}`);
    for (const protocol of protocols) {
      const running = await startHub(join(directory, `hub-${round}-${protocol}`));
      try {
        runs[protocol].push(await post(running, protocol, load));
        if (protocol === usual) await query(running, queries);
      } finally {
        await running.stop();
      }
    }
  }
  const speed = (protocol) => median(runs[protocol].map(({ mbPerSecond }) => mbPerSecond));
  const figures = Object.fromEntries(
    protocols.map((protocol) => [
      protocol,
      {
        mbPerSecond: speed(protocol),
        linesPerSecond: median(runs[protocol].map(({ linesPerSecond }) => linesPerSecond)),
        cpuPerGb: median(runs[protocol].map(({ cpuPerGb }) => cpuPerGb)),
        peakBytes: Math.max(...runs[protocol].map(({ peakBytes }) => peakBytes)),
      },
    ]),
  );
  const exported = median(queries.export);
  const linesMs = median(queries.lines);
  return {
    figures,
    queryFigures: { exportMbPerSecond: exported, lastLinesMs: linesMs },
    table: {
      title: 'Receiving, every batch committed before its answer',
      columns: ['protocol', 'MB/s of lines', 'to ila-soc', 'lines/s', 'CPU s/GB', 'peak MB'],
      rows: protocols.map((protocol) => {
        const of = figures[protocol];
        return [
          ...[protocol, figure(of.mbPerSecond), times(ratio(of.mbPerSecond, speed('ila-soc')))],
          ...[Math.round(of.linesPerSecond), figure(of.cpuPerGb), figure(of.peakBytes / 1e6)],
        ];
      }),
    },
    queries: {
      title: 'Asking the same hub',
      columns: ['question', 'median', `to receiving (${usual})`],
      rows: [
        ['export of everything, MB/s of NDJSON', figure(exported), times(ratio(exported, speed(usual)))],
        ['the last 200 lines, ms', figure(linesMs), '-'],
      ],
    },
  };
}

async function grow({ directory, tell }) {
  const figures = [];
  for (const agents of agentCounts) {
    tell(`${agents} agents`);
    const running = await startHub(join(directory, `hub-of-${agents}`));
    try {
      const of = await post(running, usual, { agents, ...perAgent });
      figures.push({ agents, ...of });
    } finally {
      await running.stop();
    }
  }
  const [one] = figures;
  const rows = figures.map(({ agents, seconds, mbPerSecond, cpuPerGb, peakBytes }) => [
    ...[agents, figure(seconds), figure(mbPerSecond), times(mbPerSecond / one.mbPerSecond)],
    ...[figure(cpuPerGb), figure(peakBytes / 1e6)],
  ]);
  const columns = ['agents', 'seconds', 'MB/s of lines', 'to one agent', 'CPU s/GB', 'peak MB'];
  const notes = [`Each agent brings ${perAgent.batches} batches of 256 KiB, all agents at once.`];
  return { figures, table: { title: 'Agents at one hub', columns, rows, notes } };
}

async function startHub(directory) {
  mkdirSync(directory);
  const args = almadiaCommand([
    'hub',
    '--port',
    '0',
    '--data',
    join(directory, 'data'),
    '--key',
    key,
    '--lang',
    'en',
  ]);
  const running = startProcess(process.execPath, args, { directory });
  const url = await running.heard(/http:\/\/[\d.]+:\d+/);
  return { ...running, url };
}

async function post({ url, pid }, protocol, { agents, batches, bytes }) {
  const before = cpuSeconds(pid);
  const args = [loader, url, key, protocol, agents, batches, bytes].map(String);
  const { status, said } = await runProcess(process.execPath, args);
  if (status !== 0) throw new Error(`the hub did not take ${protocol}: ${said}`);
  const sent = JSON.parse(said);
  const after = cpuSeconds(pid);
  return {
    seconds: sent.seconds,
    mbPerSecond: sent.bytes / 1e6 / sent.seconds,
    linesPerSecond: sent.lines / sent.seconds,
    cpuPerGb: after === null ? null : (after - before) / (sent.bytes / 1e9),
    peakBytes: peakResidentBytes(pid),
  };
}

async function query({ url }, queries) {
  const exported = await ask(`${url}/api/export`);
  queries.export.push(exported.bytes / 1e6 / exported.seconds);
  for (let time = 0; time < 5; time += 1) {
    queries.lines.push((await ask(`${url}/api/lines?limit=200`)).seconds * 1000);
  }
}

function ask(url) {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers: { 'x-api-key': key } }, (reply) => {
      let bytes = 0;
      reply.on('data', (data) => {
        bytes += data.length;
      });
      reply.on('end', () => {
        if (reply.statusCode !== 200) reject(new Error(`${url}: ${reply.statusCode}`));
        else resolve({ bytes, seconds: (performance.now() - started) / 1000 });
      });
    });
    outgoing.on('error', reject).end();
  });
}

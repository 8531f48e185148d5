// From the append of a line to its arrival at the receiver, at steady rates. All programs run at once, each with a file
// and a receiver of its own, and are written to in turn: so they meet the same machine, and all are warm.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { almadia, shortestInterval } from '../rivals/almadia.mjs';
import { rsyslogByLines } from '../rivals/rsyslog.mjs';
import { syslogNgByLines } from '../rivals/syslog-ng.mjs';
import { runProcess } from '../support/processes.mjs';
import { startReceiver } from '../support/receiver.mjs';
import { median, medianRatio } from '../support/statistics.mjs';
import { figure, times } from '../support/table.mjs';

const rates = [100, 5000, 50_000];
const secondsPerWindow = 1.5;
const writer = new URL('../support/writer-process.mjs', import.meta.url).pathname;

export const latency = {
  summary: 'from append to arrival at 100, 5,000 and 50,000 lines/s',
  run: async (context) => {
    const interval = await shortestInterval(context.directory);
    const found = [almadia, rsyslogByLines, syslogNgByLines].map((program) => ({
      program,
      ...program.find(),
    }));
    const running = [];
    try {
      for (const { program, missing } of found) {
        if (missing === undefined) running.push(await start(program, { interval }, context.directory));
      }
      const windows = await measure(running, context);
      return { ...report(running, windows), settings: found.map((entry) => settingsOf(entry, interval)) };
    } finally {
      for (const { process, receiver } of running) {
        await process.stop();
        await receiver.stop();
      }
    }
  },
};

/** A program that follows an empty file and has brought a first line. */
async function start(program, settings, parent) {
  const directory = join(parent, program.name);
  const file = join(directory, 'followed.log');
  mkdirSync(directory);
  writeFileSync(file, '');
  const receiver = await startReceiver('plain');
  const process = program.start({ directory, file, receiver, gzip: false, settings });
  const entry = { program, file, receiver, process };
  await write(entry, { rate: 5000, seconds: 1 });
  return entry;
}

/** One window: so many lines in so many seconds, all of which must arrive. */
async function write({ program, file, receiver, process }, { rate, seconds }) {
  const run = receiver.begin({
    expected: { of: 'records', count: Math.round(rate * seconds) },
    check: 'delay',
  });
  try {
    const [done] = await Promise.all([
      run.done,
      runProcess(globalThis.process.execPath, [writer, file, rate, seconds]),
    ]);
    return done.delays;
  } catch (error) {
    throw new Error(`${program.name} at ${rate} lines/s: ${error.message}\n${process.said()}`);
  }
}

async function measure(running, { options, tell }) {
  const windows = new Map(running.map((entry) => [entry, new Map(rates.map((rate) => [rate, []]))]));
  for (const rate of rates) {
    for (let round = 1; round <= options.runs; round += 1) {
      tell(`${rate} lines/s, round ${round} of ${options.runs}`);
      for (const entry of running) {
        windows
          .get(entry)
          .get(rate)
          .push(await write(entry, { rate, seconds: secondsPerWindow }));
      }
    }
  }
  return windows;
}

function report(running, windows) {
  const figures = {};
  const first = windows.get(running[0]);
  const rows = rates.flatMap((rate) =>
    running.map((entry) => {
      const delays = windows.get(entry).get(rate);
      const column = (name) => delays.map((delay) => delay[name]);
      const of = {
        p50Ms: median(column('p50Ms')),
        p99Ms: median(column('p99Ms')),
        maxMs: Math.max(...column('maxMs')),
      };
      const ours = first.get(rate).map(({ p99Ms }) => p99Ms);
      figures[`${entry.program.name} ${rate}`] = {
        ...of,
        agentsP99ToIts: medianRatio(ours, column('p99Ms')),
      };
      return [
        rate,
        entry.program.name,
        ...[of.p50Ms, of.p99Ms, of.maxMs].map((ms) => figure(ms)),
        times(medianRatio(ours, column('p99Ms'))),
      ];
    }),
  );
  const columns = ['lines/s', 'program', 'p50 ms', 'p99 ms', 'max ms', "the agent's p99 to its"];
  const notes = [
    `Medians over windows of ${secondsPerWindow} s of each window's p50 and p99; the largest of all for max.`,
    'A line has arrived when its whole request has (the agent), or its piece of the TCP stream (the others).',
  ];
  return { tables: [{ title: 'Latency from append to arrival', columns, rows, notes }], figures };
}

function settingsOf({ program, version, settings, missing }, interval) {
  if (missing !== undefined) return `${program.name}: not run: not installed (package ${missing})`;
  return `${program.name} ${version}: ${settings}${program === almadia ? `; batch.interval: ${interval}` : ''}`;
}

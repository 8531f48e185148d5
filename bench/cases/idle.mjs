// What an agent costs that has nothing to do, by the number of files it follows; and what it costs when one of many
// files in a directory is busy, so that each of its appends is an event of the directory.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { almadia } from '../rivals/almadia.mjs';
import { rsyslogByLines } from '../rivals/rsyslog.mjs';
import { cpuSeconds, peakResidentBytes, residentBytes } from '../support/accounting.mjs';
import { writeManyFiles } from '../support/many-files.mjs';
import { runProcess } from '../support/processes.mjs';
import { startReceiver } from '../support/receiver.mjs';
import { ratio } from '../support/statistics.mjs';
import { figure, times } from '../support/table.mjs';

const fileCounts = [1, 1000, 10_000];
/** Longer than copies are waited for (10 s), so that all is at rest. */
const settleSeconds = 13;
const idleSeconds = 20;
/** rsyslog holds every file open, and 10,000 are more than it may. */
const heldOpenMax = 1000;
const storm = { rate: 2000, seconds: 5, counts: [1, 10_000] };
const stormName = 'storm';
const writer = new URL('../support/writer-process.mjs', import.meta.url).pathname;

export const idle = {
  summary: 'CPU and memory at rest with 1, 1,000 and 10,000 files; one busy file among many',
  run: async (context) => {
    const found = [almadia, rsyslogByLines].map((program) => ({ program, ...program.find() }));
    const present = found.filter(({ missing }) => missing === undefined).map(({ program }) => program);
    const possible = present.flatMap((program) =>
      fileCounts
        .filter((count) => program === almadia || count <= heldOpenMax)
        .map((count) => ({ program, count })),
    );
    const running = [];
    try {
      for (const { program, count } of possible) {
        context.tell(`${program.name} finds ${count} files`);
        running.push(await follow(program, { name: `${program.name}-${count}`, count }, context.directory));
      }
      for (const count of storm.counts) {
        context.tell(`the agent finds ${count} files in one directory`);
        const name = `${stormName}-${count}`;
        running.push(await follow(almadia, { name, count, perDirectory: count }, context.directory));
      }
      context.tell(`${settleSeconds} s until all is at rest, ${idleSeconds} s of rest`);
      await sleep(settleSeconds * 1000);
      const rest = await atRest(running.filter(({ name }) => !name.startsWith(stormName)));
      const storms = await inStorms(running.filter(({ name }) => name.startsWith(stormName)));
      return {
        settings: found.map(describe),
        tables: [rest.table, storms.table],
        figures: { rest: rest.figures, storms: storms.figures },
      };
    } finally {
      for (const entry of running) await entry.stop();
    }
  },
};

function describe({ program, version, settings, missing }) {
  return missing === undefined
    ? `${program.name} ${version}: ${settings}`
    : `${program.name}: not run: not installed (package ${missing})`;
}

/** All of them rest at the same time. */
async function atRest(running) {
  const before = running.map(({ process }) => cpuSeconds(process.pid));
  await sleep(idleSeconds * 1000);
  const figures = {};
  const rows = running.map(({ name, program, count, process }, index) => {
    const cpu = cpuSeconds(process.pid);
    const of = {
      cpuShare: cpu === null ? null : (cpu - before[index]) / idleSeconds,
      residentBytes: residentBytes(process.pid),
      peakBytes: peakResidentBytes(process.pid),
    };
    figures[name] = of;
    const one = figures[`${program.name}-1`];
    return [
      ...[program.name, count, figure(of.cpuShare * 100), figure(of.residentBytes / 1e6)],
      ...[times(ratio(of.residentBytes, one.residentBytes)), figure(of.peakBytes / 1e6)],
    ];
  });
  const columns = ['program', 'files', '% of a core', 'resident MB', 'to one file', 'peak MB'];
  const notes = [
    `Over ${idleSeconds} s, beginning ${settleSeconds} s after the last file was found; 100 files a directory.`,
  ];
  return { figures, table: { title: 'At rest', columns, rows, notes } };
}

async function inStorms(running) {
  const figures = {};
  for (const { root, count, receiver, process: agent } of running) {
    const lines = storm.rate * storm.seconds;
    const run = receiver.begin({ expected: { of: 'records', count: lines }, check: 'delay' });
    const before = cpuSeconds(agent.pid);
    const busy = join(root, 'd0', 'f0.log');
    const writing = runProcess(process.execPath, [writer, busy, storm.rate, storm.seconds].map(String));
    const [{ delays }] = await Promise.all([run.done, writing]);
    const after = cpuSeconds(agent.pid);
    figures[count] = {
      cpuMsPerThousand: after === null ? null : ((after - before) * 1e6) / lines,
      p99Ms: delays.p99Ms,
      residentBytes: residentBytes(agent.pid),
    };
  }
  const [alone] = storm.counts;
  const rows = Object.entries(figures).map(([count, of]) => [
    count,
    figure(of.cpuMsPerThousand),
    times(ratio(of.cpuMsPerThousand, figures[alone].cpuMsPerThousand)),
    figure(of.p99Ms),
    figure(of.residentBytes / 1e6),
  ]);
  const columns = [
    'files in the directory',
    'CPU ms for 1,000 appends',
    'to one file',
    'p99 ms',
    'resident MB',
  ];
  const title = `One file with ${storm.rate} appends a second, among others in its directory`;
  return {
    figures,
    table: { title, columns, rows, notes: ['batch.interval as by default, so p99 holds its wait.'] },
  };
}

/** A program that has found all of its files and sent the line of each. */
async function follow(program, { name, count, perDirectory }, parent) {
  const directory = join(parent, name);
  const root = join(directory, 'logs');
  mkdirSync(directory);
  const pattern = writeManyFiles(root, { count, perDirectory });
  const receiver = await startReceiver('plain');
  const file = program.patternOf?.(pattern) ?? pattern;
  const run = receiver.begin({ expected: { of: 'records', count } });
  const process = program.start({ directory, file, receiver, gzip: false });
  const stop = async () => {
    await process.stop();
    await receiver.stop();
  };
  try {
    await run.done;
  } catch (error) {
    await stop();
    throw new Error(`${program.name} with ${count} files: ${error.message}\n${process.said()}`);
  }
  return { name, program, count, root, process, receiver, stop };
}

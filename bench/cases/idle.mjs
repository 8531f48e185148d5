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
const storm = { rate: 2000, seconds: 5, files: 10_000 };
const writer = new URL('../support/writer-process.mjs', import.meta.url).pathname;

export const idle = {
  summary: 'CPU and memory at rest with 1, 1,000 and 10,000 files; one busy file among many',
  run: async (context) => {
    const found = [almadia, rsyslogByLines].map((program) => ({ program, ...program.find() }));
    const programs = found.filter(({ missing }) => missing === undefined).map(({ program }) => program);
    const rest = await atRest(programs, context);
    const storms = await inStorms(context);
    return {
      settings: found.map(({ program, version, settings, missing }) =>
        missing === undefined
          ? `${program.name} ${version}: ${settings}`
          : `${program.name}: not run: not installed (package ${missing})`,
      ),
      tables: [rest.table, storms.table],
      figures: { rest: rest.figures, storms: storms.figures },
    };
  },
};

/** All of them rest at the same time. */
async function atRest(programs, context) {
  const running = [];
  const failures = [];
  const figures = {};
  try {
    for (const program of programs) {
      for (const count of fileCounts) {
        context.tell(`${program.name} finds ${count} files`);
        const name = `${program.name}-${count}`;
        try {
          running.push(await follow(program, { name, count }, context.directory));
        } catch (error) {
          // That another program cannot do it is a result; that the agent cannot is not.
          if (program === almadia) throw error;
          failures.push(`${program.name} did not bring the lines of ${count} files: ${error.cause}.`);
        }
      }
    }
    await sleep(settleSeconds * 1000);
    context.tell(`${idleSeconds} s of rest`);
    const before = running.map(({ process }) => cpuSeconds(process.pid));
    await sleep(idleSeconds * 1000);
    for (const [index, { name, process }] of running.entries()) {
      const cpu = cpuSeconds(process.pid);
      figures[name] = {
        cpuShare: cpu === null ? null : (cpu - before[index]) / idleSeconds,
        residentBytes: residentBytes(process.pid),
        peakBytes: peakResidentBytes(process.pid),
      };
    }
  } finally {
    for (const entry of running) await entry.stop();
  }
  const rows = programs.flatMap((program) =>
    fileCounts.flatMap((count) => {
      const of = figures[`${program.name}-${count}`];
      if (of === undefined) return [];
      const one = figures[`${program.name}-1`];
      return [
        [
          ...[program.name, count, figure(of.cpuShare * 100), figure(of.residentBytes / 1e6)],
          ...[times(ratio(of.residentBytes, one.residentBytes)), figure(of.peakBytes / 1e6)],
        ],
      ];
    }),
  );
  const columns = ['program', 'files', '% of a core', 'resident MB', 'to one file', 'peak MB'];
  const notes = [
    `Over ${idleSeconds} s, beginning ${settleSeconds} s after the last file was found; 100 files a directory.`,
    ...failures,
  ];
  return { figures, table: { title: 'At rest', columns, rows, notes } };
}

async function inStorms(context) {
  const figures = {};
  for (const count of [1, storm.files]) {
    context.tell(`a busy file among ${count}`);
    const entry = await follow(
      almadia,
      { name: `storm-${count}`, count, perDirectory: count },
      context.directory,
    );
    try {
      await sleep(settleSeconds * 1000);
      const run = entry.receiver.begin({
        expected: { of: 'records', count: storm.rate * storm.seconds },
        check: 'delay',
      });
      const before = cpuSeconds(entry.process.pid);
      const busy = join(entry.root, 'd0', 'f0.log');
      const [{ delays }] = await Promise.all([
        run.done,
        runProcess(process.execPath, [writer, busy, storm.rate, storm.seconds]),
      ]);
      const after = cpuSeconds(entry.process.pid);
      figures[count] = {
        cpuMsPerThousand: after === null ? null : ((after - before) * 1e6) / (storm.rate * storm.seconds),
        p99Ms: delays.p99Ms,
        residentBytes: residentBytes(entry.process.pid),
      };
    } finally {
      await entry.stop();
    }
  }
  const rows = Object.entries(figures).map(([count, of]) => [
    count,
    figure(of.cpuMsPerThousand),
    times(ratio(of.cpuMsPerThousand, figures[1].cpuMsPerThousand)),
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
    const said = process.said();
    const cause = said.includes('Too many open files') ? 'too many open files (ulimit -n)' : error.message;
    throw new Error(`${program.name} with ${count} files: ${error.message}\n${said}`, { cause });
  }
  return { name, root, process, receiver, stop };
}

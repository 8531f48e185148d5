// How costs grow with what there is to do: the exponent of cost = c * size^e, where 1 is linear. Worse than linear is a
// defect. Files are delivered here; the rest is read from the benches that measure it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { almadia } from '../rivals/almadia.mjs';
import { cpuSeconds } from '../support/accounting.mjs';
import { writeManyFiles } from '../support/many-files.mjs';
import { startReceiver } from '../support/receiver.mjs';
import { growthExponent } from '../support/statistics.mjs';
import { figure } from '../support/table.mjs';

const fileCounts = [1, 10, 100, 1000, 10_000];
/** Noise of one run must not look like a defect. */
const exponentMax = 1.25;

export const growth = {
  summary: 'exponents of growth: files, backlog, agents; worse than linear is flagged',
  run: async (context) => {
    const files = [];
    for (const count of fileCounts) {
      context.tell(`${count} files`);
      files.push({ size: count, ...(await deliver(count, context.directory)) });
    }
    const [idle, outage, hub] = [
      await context.result('idle'),
      await context.result('outage'),
      await context.result('hub'),
    ];
    // The start, and what one file costs, is in every run.
    const above = (name) =>
      files.slice(1).map((of) => ({ size: of.size, cost: Math.max(0, of[name] - files[0][name]) }));
    const resting = [1, 1000, 10_000].map((size) => ({ size, ...idle.figures.rest[`almadia-${size}`] }));
    const { backlogs } = outage.figures;
    const { agents } = hub.figures;
    const series = [
      ['delivering 1 line from each of n files, seconds more than for one', above('seconds')],
      ['the same, CPU seconds', above('cpuSeconds')],
      [
        'resting with n files, share of a core',
        resting.map(({ size, cpuShare }) => ({ size, cost: cpuShare })),
      ],
      [
        'resting with n files, resident MB',
        resting.map(({ size, residentBytes }) => ({ size, cost: residentBytes / 1e6 })),
      ],
      [
        'bringing a backlog of n MB, seconds',
        backlogs.map((of) => ({ size: of.megabytes, cost: of.drainSeconds })),
      ],
      [
        'putting aside a backlog of n MB, seconds',
        backlogs.map((of) => ({ size: of.megabytes, cost: of.spoolSeconds })),
      ],
      ['n agents at one hub, seconds', agents.map((of) => ({ size: of.agents, cost: of.seconds }))],
    ];
    const figures = {};
    const rows = series.map(([name, points]) => {
      const steepest = steepestOf(points);
      figures[name] = { exponent: growthExponent(points), steepest };
      return [
        name,
        points.map(({ size }) => size).join(', '),
        points.map(({ cost }) => figure(cost)).join(', '),
        ...[figure(growthExponent(points)), figure(steepest)],
        steepest > exponentMax ? 'WORSE THAN LINEAR' : 'linear or better',
      ];
    });
    return {
      settings: [`almadia ${almadia.find().version}: defaults, files of one line each, 100 a directory`],
      tables: [
        {
          title: 'Growth',
          columns: ['what', 'n', 'cost', 'exponent', 'steepest step', ''],
          rows,
          notes: [`Flagged where one step from a size to the next has an exponent over ${exponentMax}.`],
        },
      ],
      figures,
    };
  },
};

/** The largest exponent between a size and the next, of those steps that end at a cost that can be measured. */
function steepestOf(points) {
  const measurable = points.filter(({ cost }) => cost > 0);
  const steps = measurable.slice(1).map((point, index) => growthExponent([measurable[index], point]));
  return steps.length === 0 ? null : Math.max(...steps);
}

async function deliver(count, parent) {
  const directory = join(parent, `growth-${count}`);
  mkdirSync(directory);
  const file = writeManyFiles(join(directory, 'logs'), { count });
  const receiver = await startReceiver('plain');
  const run = receiver.begin({ expected: { of: 'records', count } });
  const started = performance.now();
  const running = almadia.start({ directory, file, receiver, gzip: false });
  try {
    await run.done;
    return { seconds: (performance.now() - started) / 1000, cpuSeconds: cpuSeconds(running.pid) };
  } catch (error) {
    throw new Error(`almadia with ${count} files: ${error.message}\n${running.said()}`);
  } finally {
    await running.stop();
    await receiver.stop();
  }
}

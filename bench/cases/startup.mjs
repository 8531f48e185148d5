// From the command to its answer: `almadia --version` beside an empty start of Node, and the agent's first line.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { almadia, almadiaCommand } from '../rivals/almadia.mjs';
import { runProcess } from '../support/processes.mjs';
import { startReceiver } from '../support/receiver.mjs';
import { median, medianRatio } from '../support/statistics.mjs';
import { figure, times } from '../support/table.mjs';

/** These runs are short, and the first of them finds cold caches. */
const roundsOf = (options) => 2 * options.runs + 1;

export const startup = {
  summary: 'almadia --version beside an empty start of node; command to first line delivered',
  run: async (context) => {
    const rounds = roundsOf(context.options);
    const ms = { empty: [], version: [], firstLine: [] };
    for (let round = 0; round <= rounds; round += 1) {
      context.tell(`round ${round} of ${rounds}`);
      const empty = await runProcess(process.execPath, ['-e', '0']);
      const version = await runProcess(process.execPath, almadiaCommand(['--version']));
      const firstLine = await firstLineMs(join(context.directory, `start-${round}`));
      // The first round only warms up.
      if (round === 0) continue;
      ms.empty.push(empty.seconds * 1000);
      ms.version.push(version.seconds * 1000);
      ms.firstLine.push(firstLine);
    }
    const figures = {
      emptyMs: median(ms.empty),
      versionMs: median(ms.version),
      versionToEmpty: medianRatio(ms.version, ms.empty),
      firstLineMs: median(ms.firstLine),
      firstLineToEmpty: medianRatio(ms.firstLine, ms.empty),
    };
    const row = (name, values) => [
      name,
      ...[median(values), Math.min(...values), Math.max(...values)].map((value) => figure(value)),
      times(medianRatio(values, ms.empty)),
    ];
    return {
      settings: [
        `almadia ${almadia.find().version}: defaults, one file with one line, its state not there yet`,
      ],
      tables: [
        {
          title: 'Start',
          columns: ['command', 'median ms', 'least', 'most', 'to the empty start'],
          rows: [
            row('node -e 0', ms.empty),
            row('almadia --version', ms.version),
            row('almadia run, until the first line has arrived', ms.firstLine),
          ],
          notes: [`${rounds} rounds, alternating, after one to warm up.`],
        },
      ],
      figures,
    };
  },
};

async function firstLineMs(directory) {
  mkdirSync(directory);
  const file = join(directory, 'app.log');
  writeFileSync(file, 'the first line\n');
  const receiver = await startReceiver('plain');
  const run = receiver.begin({ expected: { of: 'records', count: 1 } });
  const startedNs = process.hrtime.bigint();
  const running = almadia.start({ directory, file, receiver, gzip: false });
  try {
    await run.done;
    return Number((await run.first) - startedNs) / 1e6;
  } finally {
    await running.stop();
    await receiver.stop();
  }
}

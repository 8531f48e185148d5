// The agent beside what one would take instead, on the same mixed lines, in one run.
import { almadia, almadiaBlocks } from '../rivals/almadia.mjs';
import { countWithWc, curl } from '../rivals/floor.mjs';
import { fluentBit } from '../rivals/fluent-bit.mjs';
import { naive } from '../rivals/naive.mjs';
import { rsyslog } from '../rivals/rsyslog.mjs';
import { syslogNg } from '../rivals/syslog-ng.mjs';
import { measureCeiling } from '../support/ceiling.mjs';
import { alternate, column, dataStore } from '../support/rounds.mjs';
import { median, medianRatio } from '../support/statistics.mjs';
import { figure, times } from '../support/table.mjs';

const kind = 'plain';

export const against = {
  summary: 'the agent, a naive agent, curl, wc, rsyslog, syslog-ng, Fluent Bit on the same lines',
  run: async (context) => {
    const plain = await compare(
      [almadia, almadiaBlocks, naive, curl, rsyslog, syslogNg, fluentBit],
      false,
      context,
    );
    const gzip = await compare([almadia, almadiaBlocks, naive, fluentBit], true, context);
    plain.rows.push(['wc -l (counts, sends nothing)', ...(await wcRow(plain, context))]);
    return {
      settings: [...plain.settings, ...gzip.missing],
      tables: [plain, gzip].map(({ title, rows, ceiling }) => ({
        title,
        columns: [
          'program',
          'MB/s',
          'slowest to fastest',
          'to naive',
          'to curl',
          'CPU s/GB',
          'to naive',
          'peak MB',
          'file MB',
        ],
        rows,
        notes: [`The receiver's own ceiling in this run: ${figure(ceiling)} MB/s of such lines.`],
      })),
      figures: { plain: plain.figures, gzip: gzip.figures },
    };
  },
};

async function compare(programs, gzip, context) {
  const found = programs.map((program) => ({ program, ...program.find() }));
  const present = found.filter(({ missing }) => missing === undefined);
  const entrants = present.map(({ program }) => ({ program, kind, gzip }));
  const results = await alternate(entrants, context);
  const runsOf = (program) =>
    results[entrants.findIndex((entrant) => entrant.program === program)]?.runs ?? [];
  const figures = {};
  const rows = entrants.map(({ program }, index) => {
    const { runs, bytes } = results[index];
    const speeds = column(runs, 'mbPerSecond');
    const of = {
      mbPerSecond: median(speeds),
      toNaive: medianRatio(speeds, column(runsOf(naive), 'mbPerSecond')),
      toCurl: medianRatio(speeds, column(runsOf(curl), 'mbPerSecond')),
      cpuPerGb: median(column(runs, 'cpuPerGb')),
      cpuToNaive: medianRatio(column(runs, 'cpuPerGb'), column(runsOf(naive), 'cpuPerGb')),
      peakBytes: program === curl ? null : Math.max(...column(runs, 'peakBytes')),
    };
    figures[program.name] = of;
    return [
      program.name,
      figure(of.mbPerSecond),
      `${figure(Math.min(...speeds))} to ${figure(Math.max(...speeds))}`,
      ...[times(of.toNaive), times(of.toCurl), figure(of.cpuPerGb), times(of.cpuToNaive)],
      figure(of.peakBytes === null ? null : of.peakBytes / 1e6),
      figure(bytes / 1e6),
    ];
  });
  const missing = found
    .filter((entry) => entry.missing !== undefined)
    .map(
      ({ program, missing: name }) =>
        `${program.name}${gzip ? ' with gzip' : ''}: not run: not installed (package ${name})`,
    );
  return {
    title: `Against others, plain lines, ${gzip ? 'compressed' : 'uncompressed'}`,
    rows,
    figures,
    missing,
    curlRuns: runsOf(curl),
    ceiling: await measureCeiling({ kind, gzip }),
    settings: [
      ...present.map(({ program, version, settings }) => `${program.name} ${version}: ${settings}`),
      ...missing,
    ],
  };
}

async function wcRow(plain, { directory, options }) {
  const data = dataStore(directory)(kind, 256e6);
  const runs = [];
  for (let round = 0; round < options.runs; round += 1) runs.push(await countWithWc(data));
  const speeds = column(runs, 'mbPerSecond');
  const speed = median(speeds);
  const { 'naive Node agent': slow, 'cat | curl -T -': floor } = plain.figures;
  return [
    figure(speed),
    `${figure(Math.min(...speeds))} to ${figure(Math.max(...speeds))}`,
    times(speed / slow.mbPerSecond),
    times(floor ? speed / floor.mbPerSecond : null),
    ...[figure(median(column(runs, 'cpuPerGb'))), '-', '-', '256'],
  ];
}

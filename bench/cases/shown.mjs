// What the agent is to show, line by line: the ratio that is required, the one that was measured in this run, and
// whether it was reached. The figures come from the benches themselves.
import { figure, times } from '../support/table.mjs';

export const shown = {
  summary: 'what is required of the agent, measured, reached or not',
  run: async (context) => {
    const [against, throughput, latency, idle] = [
      await context.result('against'),
      await context.result('throughput'),
      await context.result('latency'),
      await context.result('idle'),
    ];
    const { plain, gzip } = against.figures;
    const agent = plain.almadia;
    const late = latency.figures['almadia 5000'];
    const rsyslog = latency.figures['rsyslog 5000'];
    const resting = idle.figures.rest['almadia-10000'];
    const runs = [
      agent,
      plain['almadia to a hub'],
      gzip.almadia,
      gzip['almadia to a hub'],
      ...Object.values(throughput.figures),
    ];
    const peak = Math.max(...runs.map(({ peakBytes }) => peakBytes));
    const claims = [
      claim('file to HTTP JSON, mixed lines, to the naive Node agent', { least: 6, value: agent.toNaive }),
      claim('the same with gzip, to the naive Node agent with gzip', {
        least: 4,
        value: gzip.almadia.toNaive,
      }),
      claim('CPU seconds per GB, to the naive Node agent', { most: 1 / 6, value: agent.cpuToNaive }),
      claim('JSON-quoted lines, MB/s of input, to plain lines', {
        least: 1 / 2,
        value: throughput.figures.quoted.ofPlain,
      }),
      claim('MB/s of input, to `cat FILE | curl` of the same bytes', { least: 1 / 3, value: agent.toCurl }),
      claim('p99 latency at 5,000 lines/s, ms', { most: 5, value: late.p99Ms, show: figure }),
      claim("the same, to rsyslog's in the same run", { most: 1, value: rsyslog?.agentsP99ToIts ?? null }),
      claim('idle with 10,000 files, % of a core', {
        most: 0.5,
        value: resting.cpuShare * 100,
        show: figure,
      }),
      claim('idle with 10,000 files, resident MB', {
        most: 90,
        value: resting.residentBytes / 1e6,
        show: figure,
      }),
      claim('full speed, peak resident MB', { most: 96, value: peak / 1e6, show: figure }),
    ];
    const rows = claims.map(({ name, required, measured, reached }) => [name, required, measured, reached]);
    return {
      settings: [...new Set([...against.settings, ...latency.settings])],
      tables: [{ title: 'To be shown', columns: ['what', 'required', 'measured', 'reached'], rows }],
      figures: Object.fromEntries(claims.map(({ name, reached, value }) => [name, { value, reached }])),
    };
  },
};

function claim(name, { least, most, value, show = times }) {
  const required = least === undefined ? `at most ${show(most)}` : `at least ${show(least)}`;
  const measured = value === null || value === undefined ? 'not run' : show(value);
  if (measured === 'not run') return { name, required, measured, reached: '-', value: null };
  const reached = least === undefined ? value <= most : value >= least;
  return { name, required, measured, reached: reached ? 'yes' : 'NO', value };
}

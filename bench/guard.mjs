// `npm run bench:guard`: fails when the hot path has become much slower than bench/baseline.json says. Only ratios are
// compared, of CPU time that two programs took in turns in this run: a busy machine slows both. A check fails when its
// median is below `margin` of the baseline in each of `attempts` measurements; one that is faster is not touched.
// Usage: npm run build && npm run bench:guard [-- --record | --json]
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { almadia } from './rivals/almadia.mjs';
import { naive } from './rivals/naive.mjs';
import { encodingRatios } from './support/encoding.mjs';
import { alternate, column } from './support/rounds.mjs';
import { median, ratio } from './support/statistics.mjs';
import { figure, formatTable, times } from './support/table.mjs';

/**
 * Half the speed measures 0.5 of the baseline, and medians of CPU ratios of five rounds were seen to stray by a sixth;
 * what is between the two is left for other processors.
 */
const margin = 0.6;
const attempts = 3;
const rounds = 5;
const options = { runs: rounds, secondsPerRun: 0.5, bytesMax: 512e6 };
const baselinePath = join(import.meta.dirname, 'baseline.json');

/** How many times the CPU time of ours the naive way takes, in each round. */
const checks = {
  'encoding plain lines, kernel to JSON.stringify': () => encodingRatios({ kind: 'plain', rounds }),
  'encoding quoted lines, kernel to JSON.stringify': () => encodingRatios({ kind: 'quoted', rounds }),
  'file to HTTP, agent to naive agent': () => shippingRatios(false),
  'file to HTTP with gzip, agent to naive agent': () => shippingRatios(true),
};

const { values } = parseArgs({ options: { record: { type: 'boolean' }, json: { type: 'boolean' } } });
const baseline = JSON.parse(readFileSync(baselinePath, 'utf8'));
const results = {};
for (const [name, measure] of Object.entries(checks)) {
  results[name] = await judge(measure, values.record ? null : (baseline.ratios[name] ?? null));
}
report();

/** Measures again only while it looks like a failure. */
async function judge(measure, expected) {
  const measured = [];
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const value = median(await measure());
    measured.push(value);
    if (expected === null || value === null || value >= margin * expected) break;
  }
  const value = measured.at(-1);
  return { expected, measured, passed: expected === null || value === null || value >= margin * expected };
}

async function shippingRatios(gzip) {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-guard-'));
  try {
    const entrants = [almadia, naive].map((program) => ({ program, kind: 'plain', gzip }));
    const [ours, theirs] = await alternate(entrants, { directory, options, tell: () => {} });
    const costs = column(ours.runs, 'cpuPerGb');
    return column(theirs.runs, 'cpuPerGb').map((cost, round) => ratio(cost, costs[round]));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function report() {
  if (values.record) {
    const ratios = Object.fromEntries(
      Object.entries(results).map(([name, { measured }]) => [name, Number(measured.at(-1).toPrecision(3))]),
    );
    writeFileSync(baselinePath, `${JSON.stringify({ ...baseline, ratios }, null, 2)}\n`);
  }
  if (values.json) console.log(JSON.stringify({ margin, results }, null, 2));
  else {
    const rows = Object.entries(results).map(([name, { expected, measured, passed }]) => [
      ...[name, times(expected), measured.map(times).join(', '), times(ratio(measured.at(-1), expected))],
      passed ? 'ok' : 'FAILED',
    ]);
    const columns = ['CPU time of the naive way to ours', 'baseline', 'measured', 'of the baseline', ''];
    const notes = [`Fails below ${figure(margin)} of the baseline, ${attempts} times in a row.`];
    console.log(formatTable({ title: 'Regression guard', columns, rows, notes }));
  }
  const failed = Object.values(results).some(({ passed }) => !passed);
  console.log(values.json ? '' : `${failed ? 'FAILED' : 'ok'}: bench:guard`);
  if (failed) process.exitCode = 1;
}

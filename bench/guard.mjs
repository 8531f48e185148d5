// `npm run bench:guard`: fails when the hot path has become much slower than bench/baseline.json says. Only ratios are
// compared, of CPU time that two programs took in turns in this run. What else runs on the machine can only add to a
// cost, so the least cost of each over all rounds is taken; and where the ratio of these is too low, more rounds are
// added before it counts. A check fails when it is below `margin` of the baseline after `attempts` times as many rounds.
// Usage: npm run build && npm run bench:guard [-- --record | --json]
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { almadia } from './rivals/almadia.mjs';
import { naive } from './rivals/naive.mjs';
import { encodingCosts } from './support/encoding.mjs';
import { alternate, column } from './support/rounds.mjs';
import { ratio } from './support/statistics.mjs';
import { figure, formatTable, times } from './support/table.mjs';
import { exitOnSignals, withDirectory } from './support/temporary.mjs';

/** Half the speed measures 0.5 of the baseline; the rest is left for other processors. */
const margin = 0.6;
const attempts = 3;
const rounds = 5;
/** What an agent costs for a GB depends on how long it has been running, so every run has the same file. */
const options = { runs: rounds, bytesPerRun: 32e6 };
const baselinePath = join(import.meta.dirname, 'baseline.json');

/** The CPU time of ours and of the naive way, in each round. */
const checks = {
  'encoding plain lines, kernel to JSON.stringify': () => encodingCosts({ kind: 'plain', rounds }),
  'encoding quoted lines, kernel to JSON.stringify': () => encodingCosts({ kind: 'quoted', rounds }),
  'file to HTTP, agent to naive agent': () => shippingCosts(false),
  'file to HTTP with gzip, agent to naive agent': () => shippingCosts(true),
};

const { values } = parseArgs({ options: { record: { type: 'boolean' }, json: { type: 'boolean' } } });
const baseline = JSON.parse(readFileSync(baselinePath, 'utf8'));
exitOnSignals();
const results = {};
for (const [name, measure] of Object.entries(checks)) {
  results[name] = await judge(measure, values.record ? null : (baseline.ratios[name] ?? null));
}
report();

/** Adds rounds only while it looks like a failure. Where there is no /proc nothing is measured, and nothing fails. */
async function judge(measure, expected) {
  const costs = { ours: [], naive: [] };
  const measured = [];
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const { ours, naive: theirs } = await measure();
    costs.ours.push(...ours.filter((cost) => cost !== null));
    costs.naive.push(...theirs.filter((cost) => cost !== null));
    const value = costs.ours.length === 0 ? null : ratio(Math.min(...costs.naive), Math.min(...costs.ours));
    measured.push(value);
    if (expected === null || value === null || value >= margin * expected) {
      return { expected, measured, passed: true };
    }
  }
  return { expected, measured, passed: false };
}

async function shippingCosts(gzip) {
  const entrants = [almadia, naive].map((program) => ({ program, kind: 'plain', gzip }));
  const [ours, theirs] = await withDirectory((directory) =>
    alternate(entrants, { directory, options, tell: () => {} }),
  );
  return { ours: column(ours.runs, 'cpuPerGb'), naive: column(theirs.runs, 'cpuPerGb') };
}

function report() {
  if (values.record) {
    const ratios = Object.fromEntries(
      Object.entries(results).map(([name, { measured }]) => [name, Number(measured.at(-1)?.toPrecision(3))]),
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
    const notes = [
      `Fails below ${figure(margin)} of the baseline, also after ${attempts} times as many rounds.`,
    ];
    console.log(formatTable({ title: 'Regression guard', columns, rows, notes }));
  }
  const failed = Object.values(results).some(({ passed }) => !passed);
  console.log(values.json ? '' : `${failed ? 'FAILED' : 'ok'}: bench:guard`);
  if (failed) process.exitCode = 1;
}

/**
 * `npm run test:faults -- [--cycles N] [--write FILE] [NAME…]`: the real faults, many times, with progress and a table
 * of figures. `--write` puts the rows into the table of a page, each in the place of the fault's last figures.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { endOnSignals } from './drive.ts';
import { runFault } from './fault.ts';
import { Figures } from './figures.ts';
import { faults } from './registry.ts';
import { figuresTable, mergeTable, type Row } from './table.ts';
import { firstMissing } from './tools.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { cycles: { type: 'string' }, write: { type: 'string' } },
});
const unknown = positionals.filter((name) => !faults.some((fault) => fault.name === name));
if (unknown.length > 0) {
  console.error(
    `no fault is called ${unknown.join(', ')}; there are ${faults.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}

endOnSignals();
const rows: Row[] = [];
const outcome = { passed: 0, failed: 0, skipped: 0 };
for (const fault of faults.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  const missing = firstMissing(fault.needs);
  if (missing !== false) {
    outcome.skipped += 1;
    console.log(`${fault.name}: not run: ${missing}`);
    continue;
  }
  const figures = new Figures();
  const cycles = values.cycles === undefined ? fault.cycles.long : Number(values.cycles);
  const startedMs = performance.now();
  const seconds = () => ((performance.now() - startedMs) / 1000).toFixed(0);
  try {
    await runFault(fault, cycles, {
      figures,
      progress: () => console.log(`${fault.name}: ${figures.cycles} of ${cycles} cycles, ${seconds()} s`),
    });
    outcome.passed += 1;
  } catch (error) {
    outcome.failed += 1;
    console.error(`${fault.name}: FAILED after ${figures.cycles} cycles: ${error}`);
  }
  rows.push({ name: fault.name, figures });
  // At once: those that come after may take hours.
  if (values.write !== undefined && outcome.failed === 0) {
    writeFileSync(values.write, mergeTable(readFileSync(values.write, 'utf8'), rows));
  }
}

console.log(figuresTable(rows).join('\n'));
console.log(`${outcome.passed} passed, ${outcome.failed} failed, ${outcome.skipped} skipped`);
process.exitCode = outcome.failed === 0 ? 0 : 1;

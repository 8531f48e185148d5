/** A few cycles of each real fault; `npm run test:faults` runs many. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { endOnSignals } from './drive.ts';
import { runFault } from './fault.ts';
import { Figures } from './figures.ts';
import { faults } from './registry.ts';
import { firstMissing } from './tools.ts';

endOnSignals();

// They wait for processes more than they work.
suite('real faults', { concurrency: 3 }, () => {
  for (const fault of faults) {
    test(`${fault.name}: nothing is lost or repeated`, { skip: firstMissing(fault.needs) }, async () => {
      const figures = new Figures();
      await runFault(fault, fault.cycles.short, { figures });
      assert.ok(figures.count() >= fault.cycles.short, `fired: ${figures.kinds}`);
    });
  }
});

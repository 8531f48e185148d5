/** Every fault, by family. */
import { clockFaults } from './clock.ts';
import { damageFaults } from './damage.ts';
import { fullFaults } from './disk-full.ts';
import { errorFaults } from './errors.ts';
import type { Fault } from './fault.ts';
import { killFaults } from './kill.ts';
import { limitFaults } from './limits.ts';
import { logrotateFaults } from './logrotate.ts';
import { networkFaults } from './network.ts';
import { powerFaults } from './power.ts';

export const faults: readonly Fault[] = [
  ...killFaults,
  ...powerFaults,
  ...networkFaults,
  ...fullFaults,
  ...errorFaults,
  ...damageFaults,
  ...limitFaults,
  ...clockFaults,
  ...logrotateFaults,
];

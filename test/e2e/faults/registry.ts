/** Every fault, by family. */
import type { Fault } from './fault.ts';
import { killFaults } from './kill.ts';
import { powerFaults } from './power.ts';

export const faults: readonly Fault[] = [...killFaults, ...powerFaults];

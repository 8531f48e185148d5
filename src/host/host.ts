/**
 * The machine: everything outside the program that it may touch. Passed as an argument, so that the whole agent and
 * the whole hub can run inside a simulated world.
 */
import type { Clock } from './clock.ts';
import type { Databases } from './database.ts';
import type { Disk } from './disk.ts';
import type { Net } from './net.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { Work } from './work.ts';

export interface Host {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly databases: Databases;
  readonly net: Net;
  readonly work: Work;
  readonly random: Random;
  readonly process: Process;
}

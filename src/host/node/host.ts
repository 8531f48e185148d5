/** The real machine. */
import type { Host } from '../host.ts';
import { nodeClock } from './clock.ts';
import { nodeDatabases } from './database.ts';
import { nodeDisk } from './disk.ts';
import { nodeNet } from './net.ts';
import { nodeProcess } from './process.ts';
import { nodeRandom } from './random.ts';
import { nodeWork } from './work.ts';

export function createHost(): Host {
  return {
    clock: nodeClock,
    disk: nodeDisk(),
    databases: nodeDatabases(),
    net: nodeNet(),
    work: nodeWork,
    random: nodeRandom,
    process: nodeProcess(),
  };
}

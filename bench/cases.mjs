// The benches by name: those that `npm run bench` runs, and scripts of their own that run when they are named.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { against } from './cases/against.mjs';
import { growth } from './cases/growth.mjs';
import { hub } from './cases/hub.mjs';
import { idle } from './cases/idle.mjs';
import { latency } from './cases/latency.mjs';
import { outage } from './cases/outage.mjs';
import { proof } from './cases/proof.mjs';
import { shown } from './cases/shown.mjs';
import { startup } from './cases/startup.mjs';
import { throughput } from './cases/throughput.mjs';

export const cases = { proof, throughput, against, latency, idle, startup, outage, hub, growth, shown };

const script = (name, summary) => [name, { summary, command: [join(import.meta.dirname, `${name}.mjs`)] }];

export const scripts = Object.fromEntries(
  [
    script('state', 'what commits of the state cost'),
    script('hub-receive', 'what receiving costs the hub, without a network'),
    script('kernel', 'the byte kernel beside split and JSON.stringify'),
    script('many-files', 'what many followed files cost'),
    script('start', 'what starting costs'),
    script('threads', 'whether a second thread pays'),
  ].filter(([, { command }]) => existsSync(command[0])),
);

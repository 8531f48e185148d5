// Runs of several programs, alternating, each over a file so large that a run takes about a second: the speed of a
// shared machine drifts, and what is measured one after the other drifts alike.
import { join } from 'node:path';
import { writeData } from './data.mjs';
import { shipOnce } from './shipping.mjs';

const bytesMin = 8e6;
/** A trial that was too short says little of a program that warms up; each next one is larger by as much at most. */
const trialsMax = 2;
const enlargementMax = 16;

/** Keeps the files of data of one bench, made when they are first wanted. */
export function dataStore(directory) {
  const files = new Map();
  return (kind, bytes) => {
    const name = `${kind}-${Math.round(bytes / 1e6)}MB.log`;
    if (!files.has(name)) files.set(name, writeData(join(directory, name), { kind, bytes }));
    return files.get(name);
  };
}

/**
 * One entrant is `{ program, kind, gzip, settings }`. Trials warm up the caches and tell how large its file is to be.
 * Returns for each entrant its runs, in the order of the rounds.
 */
export async function alternate(entrants, { directory, options, tell }) {
  const data = dataStore(directory);
  const prepared = [];
  for (const entrant of entrants) {
    tell(`a trial of ${entrant.program.name}, ${entrant.kind}`);
    const run = (bytes) =>
      shipOnce(entrant.program, { ...entrant, data: data(entrant.kind, bytes), directory });
    prepared.push({ run, bytes: await sizeFor(run, options), runs: [] });
  }
  for (let round = 1; round <= options.runs; round += 1) {
    tell(`round ${round} of ${options.runs}`);
    for (const { run, bytes, runs } of prepared) runs.push(await run(bytes));
  }
  return prepared.map(({ bytes, runs }) => ({ bytes, runs }));
}

/** Bytes, a power of two of MB: the least that take about as long as is wanted, where no size is given. */
async function sizeFor(run, { secondsPerRun, bytesMax, bytesPerRun }) {
  if (bytesPerRun !== undefined) return bytesPerRun;
  let bytes = bytesMin;
  for (let trial = 0; trial < trialsMax && bytes < bytesMax; trial += 1) {
    const { mbPerSecond } = await run(bytes);
    const enlargement = (secondsPerRun * mbPerSecond * 1e6) / bytes;
    if (enlargement < 1.5) break;
    bytes *= 2 ** Math.round(Math.log2(Math.min(enlargement, enlargementMax)));
  }
  return Math.min(bytes, bytesMax);
}

/** One figure of all runs. */
export function column(runs, name) {
  return runs.map((run) => run[name]);
}

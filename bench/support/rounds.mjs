// Runs of several programs, alternating, each over a file so large that a run takes about a second: the speed of a
// shared machine drifts, and what is measured one after the other drifts alike.
import { join } from 'node:path';
import { writeData } from './data.mjs';
import { shipOnce } from './shipping.mjs';

const trialBytes = 4e6;
const bytesMin = 16e6;

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
 * One entrant is `{ program, kind, gzip, settings }`. A trial over a little file warms up the caches and tells how large
 * its file is to be. Returns for each entrant its runs, in the order of the rounds.
 */
export async function alternate(entrants, { directory, options, tell }) {
  const data = dataStore(directory);
  const prepared = [];
  for (const entrant of entrants) {
    const run = (file) => shipOnce(entrant.program, { ...entrant, data: file, directory });
    const { mbPerSecond } = await run(data(entrant.kind, trialBytes));
    prepared.push({ run, file: data(entrant.kind, sizeFor(mbPerSecond, options)), runs: [] });
  }
  for (let round = 1; round <= options.runs; round += 1) {
    tell(`round ${round} of ${options.runs}`);
    for (const { run, file, runs } of prepared) runs.push(await run(file));
  }
  return prepared.map(({ file, runs }) => ({ bytes: file.bytes, runs }));
}

/** A power of two of MB. Short runs tell too little of programs that warm up, so a fast one gets a large file. */
function sizeFor(mbPerSecond, { secondsPerRun, bytesMax }) {
  const wanted = mbPerSecond * 1e6 * secondsPerRun;
  const rounded = 2 ** Math.round(Math.log2(wanted / 1e6)) * 1e6;
  return Math.min(bytesMax, Math.max(bytesMin, rounded));
}

/** One figure of all runs. */
export function column(runs, name) {
  return runs.map((run) => run[name]);
}

// What following many files costs: start, resident memory and CPU while idle, the time until one more line in one of
// them arrives, and the CPU of a line under several loads. The whole agent runs, with the output `stdout`.
// Usage: npm run build && node bench/many-files.mjs [files] [directories] [idle seconds] [directory to work in]
// The first run finds and reads all files, with batches as they are by default; the second knows them, and sends each
// line at once. Idle is measured in the second.
// Prints a table, and the same as one line of JSON. Seconds are of this machine: compare runs of the same session only.
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const fileCount = Number(process.argv[2] ?? 1000);
const directoryCount = Number(process.argv[3] ?? 1);
const idleSeconds = Number(process.argv[4] ?? 20);
const room = mkdtempSync(join(process.argv[5] ?? tmpdir(), 'almadia-files-'));
const program = fileURLToPath(new URL('../bin/almadia', import.meta.url));
/** Linux counts the CPU time of processes in these, whatever its kernel's tick. */
const ticksPerSecond = 100;
const loadSeconds = 4;

const paths = Array.from({ length: fileCount }, (_, index) =>
  join(room, `logs/d${index % directoryCount}`, `service-${index}.log`),
);
for (let index = 0; index < directoryCount; index += 1)
  mkdirSync(join(room, `logs/d${index}`), { recursive: true });
for (const [index, path] of paths.entries()) {
  appendFileSync(path, `${index} started\n${index} is listening on port ${1024 + index}\n${index} ready\n`);
}

let lineCount = 0;
let awaited = null;
let child = null;

function start(interval) {
  const settings = join(room, 'almadia.yaml');
  const text = `agent: { state_dir: ./state, log_file: ./log }
sources: [{ type: file, include: ["${room}/logs/**/*.log"], start_at: beginning }]
output: { type: stdout, format: lines }
batch: { interval: ${interval} }
`;
  writeFileSync(settings, text);
  lineCount = 0;
  child = spawn(process.execPath, [...process.execArgv, program, 'run', '--config', settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    lineCount += 1;
    if (awaited?.done(line)) awaited.resolve(performance.now());
  });
}

async function stop() {
  if (child === null) return;
  const exited = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}

/** Resolves with the moment at which a line fulfils `done`. */
function lineThat(done) {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error('the line never came')), 120_000);
    const arrive = (at) => {
      clearTimeout(patience);
      awaited = null;
      resolve(at);
    };
    awaited = { done, resolve: arrive };
  });
}

const linesCome = (count) =>
  lineCount >= count ? Promise.resolve(performance.now()) : lineThat(() => lineCount >= count);

function cpuSeconds() {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function residentMegabytes(name = 'VmRSS') {
  const text = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)[1]) / 1024;
}

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
let dice = 42;
function random(below) {
  dice = (Math.imul(dice, 1103515245) + 12345) >>> 0;
  return (dice >>> 8) % below;
}

/** Milliseconds from appending a line to one of the files until it comes out, sorted. */
async function probe(count, gapMs) {
  const took = [];
  for (let index = 0; index < count; index += 1) {
    const path = paths[random(fileCount)];
    const word = `probe ${count} ${index} ${performance.now()}`;
    const seen = lineThat((line) => line === word);
    const at = performance.now();
    appendFileSync(path, `${word}\n`);
    took.push((await seen) - at);
    await sleep(gapMs);
  }
  return took.sort((a, b) => a - b);
}

/** CPU microseconds of the agent for each of the steps of a load of so many a second. */
async function load(perSecond, step) {
  const cpu = cpuSeconds();
  const begin = performance.now();
  let steps = 0;
  const probing = probe(20, 100);
  while (performance.now() - begin < loadSeconds * 1000) {
    const due = ((performance.now() - begin) / 1000) * perSecond;
    for (; steps < due; steps += 1) step(steps);
    await sleep(1);
  }
  const probes = await probing;
  await sleep(1000);
  return {
    share: (cpuSeconds() - cpu) / loadSeconds,
    stepMicroseconds: ((cpuSeconds() - cpu) / steps) * 1e6,
    perSecond: steps / loadSeconds,
    probeP50: quantile(probes, 0.5),
    probeMax: probes.at(-1),
  };
}

const result = { files: fileCount, directories: directoryCount };
try {
  let startedAt = performance.now();
  start('500ms');
  await linesCome(fileCount * 3);
  result.startSeconds = (performance.now() - startedAt) / 1000;
  result.startCpuSeconds = cpuSeconds();
  result.startMegabytesPeak = residentMegabytes('VmHWM');
  await stop();
  startedAt = performance.now();
  start('1ms');
  // Waits until it is found that this line is new.
  appendFileSync(paths[0], 'one more\n');
  await linesCome(1);
  result.restartSeconds = (performance.now() - startedAt) / 1000;
  result.restartCpuSeconds = cpuSeconds();
  // Until each file was looked at again, and found to be as it was.
  await sleep(30_000);
  const cpu = cpuSeconds();
  await sleep(idleSeconds * 1000);
  result.idlePercent = ((cpuSeconds() - cpu) / idleSeconds) * 100;
  result.idleMegabytes = residentMegabytes();
  const quiet = await probe(100, 100);
  result.probeP50 = quantile(quiet, 0.5);
  result.probeP99 = quantile(quiet, 0.99);
  result.probeMax = quiet.at(-1);
  const line = `${'x'.repeat(99)}\n`;
  result.oneBusy = await load(2000, () => appendFileSync(paths[0], line));
  result.hundredBusy = await load(2000, (step) =>
    appendFileSync(paths[step % Math.min(100, fileCount)], line),
  );
  result.storm = await load(200, (step) => {
    const path = join(room, 'logs/d0', `storm-${step % 20}.log`);
    appendFileSync(path, `storm ${step}\n`);
    if (step % 2 === 1) renameSync(path, `${path}.1`);
    if (step % 40 === 39) unlinkSync(`${path}.1`);
  });
  result.endMegabytes = residentMegabytes();
  for (const [name, value] of Object.entries(result)) console.log(name.padEnd(20), value);
  console.log(JSON.stringify(result));
} finally {
  await stop();
  rmSync(room, { recursive: true });
}

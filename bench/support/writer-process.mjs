// Appends lines to a file at a steady rate, each with the time of the machine's monotonic clock at which it is written:
// a process of its own, that sleeps between its writes. It never sleeps for less than 0.2 ms, so above 5,000 lines/s
// several lines are in one write, with one time.
// Usage: node writer-process.mjs FILE LINES-PER-SECOND SECONDS
import { closeSync, openSync, writeSync } from 'node:fs';

const sleepMsMin = 0.2;
const padding = ` GET /p/1234 HTTP/1.1 200 1234 "-" "Mozilla/5.0 (X11; Linux x86_64)" ${'.'.repeat(30)}\n`;

const [file, rate, seconds] = process.argv.slice(2);
const lines = Math.round(Number(rate) * Number(seconds));
const msPerLine = 1000 / Number(rate);
const cell = new Int32Array(new SharedArrayBuffer(4));
const out = openSync(file, 'a');
const started = performance.now();
for (let written = 0; written < lines; ) {
  const due = Math.min(lines, Math.floor((performance.now() - started) / msPerLine) + 1);
  if (due > written) {
    const line = `@${process.hrtime.bigint()}@${padding}`;
    writeSync(out, line.repeat(due - written));
    written = due;
  }
  const waitMs = started + written * msPerLine - performance.now();
  Atomics.wait(cell, 0, 0, Math.max(sleepMsMin, waitMs));
}
closeSync(out);

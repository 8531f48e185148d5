// A destination that is away while a backlog grows, and comes back: how fast the backlog is put aside, how long it takes
// to bring it, by its size. The receiver answers 503 meanwhile.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { almadia, almadiaCommand } from '../rivals/almadia.mjs';
import { cpuSeconds, peakResidentBytes } from '../support/accounting.mjs';
import { writeData } from '../support/data.mjs';
import { runProcess } from '../support/processes.mjs';
import { startReceiver } from '../support/receiver.mjs';
import { figure, times } from '../support/table.mjs';

const sizesMb = [10, 100, 1000];
const largeSizeMb = 10_000;
/** A backlog that would take longer than this, by the pace of the one before, is left out unless --large is given. */
const secondsMax = 60;
/** A user's own choices would be longer; the waits are told apart from the recovery. */
const retry = { initial: '100ms', max: '500ms' };
/** A spool that has held something and has not grown for so long is at rest. */
const restMs = 3000;
/** One that stays empty has failed. */
const emptyMs = 20_000;
const pollMs = 100;

export const outage = {
  summary: 'recovery after an outage, by size of the backlog',
  run: async (context) => {
    const { large } = context.options;
    const results = [];
    const notes = [];
    for (const megabytes of large ? [...sizesMb, largeSizeMb] : sizesMb) {
      const last = results.at(-1);
      const expected = last ? (megabytes / last.megabytes) * (last.spoolSeconds + last.drainSeconds) : 0;
      if (expected > secondsMax && !large) {
        notes.push(
          `${megabytes} MB were left out: they would take about ${Math.round(expected)} s (--large takes them).`,
        );
        break;
      }
      context.tell(`a backlog of ${megabytes} MB`);
      results.push(await recover(megabytes, context.directory));
    }
    const [first] = results;
    return {
      settings: [
        `almadia ${almadia.find().version}: spool of 1 GiB, retry from ${retry.initial} to ${retry.max}, ila-soc`,
      ],
      tables: [
        {
          title: 'An outage and its end',
          columns: [
            ...[
              'backlog MB',
              'put aside at MB/s',
              'first request after s',
              'brought at MB/s',
              'to the smallest',
            ],
            ...['CPU s/GB in all', 'peak MB'],
          ],
          rows: results.map((of) => [
            of.megabytes,
            figure(of.spoolMbPerSecond),
            figure(of.waitSeconds),
            figure(of.drainMbPerSecond),
            times(of.drainMbPerSecond / first.drainMbPerSecond),
            figure(of.cpuPerGb),
            figure(of.peakBytes / 1e6),
          ]),
          notes: [
            'The peak is that of the whole run, with the destination away for as long as the backlog grew.',
            ...notes,
          ],
        },
      ],
      figures: { backlogs: results },
    };
  },
};

async function recover(megabytes, parent) {
  const directory = join(parent, `outage-${megabytes}`);
  mkdirSync(join(directory, 'logs'), { recursive: true });
  const data = writeData(join(directory, 'backlog'), { kind: 'plain', bytes: megabytes * 1e6 });
  const receiver = await startReceiver('plain');
  receiver.setAway(true);
  const settings = { spoolBytes: '1GiB', retry };
  const file = join(directory, 'logs', '*.log');
  const running = almadia.start({ directory, file, receiver, gzip: false, settings });
  try {
    // A first line shows that it is running; it waits for the receiver like all else.
    writeFileSync(join(directory, 'logs', 'first.log'), 'the first line\n');
    await settled(directory, (buffer) => buffer.spooledBytes + buffer.heldRecords > 0);
    const cpuBefore = cpuSeconds(running.pid);
    const started = performance.now();
    renameSync(data.path, join(directory, 'logs', 'backlog.log'));
    const spooledBytes = await settled(
      directory,
      (buffer) => buffer.full || buffer.spooledBytes >= data.bytes,
    );
    const spoolSeconds = (performance.now() - started) / 1000;
    const run = receiver.begin({ expected: { of: 'records', count: data.lines + 1 } });
    const backAtNs = process.hrtime.bigint();
    receiver.setAway(false);
    const done = await run.done;
    const cpu = cpuSeconds(running.pid);
    return {
      megabytes,
      spoolSeconds,
      spoolMbPerSecond: spooledBytes / 1e6 / spoolSeconds,
      waitSeconds: Number((await run.first) - backAtNs) / 1e9,
      drainSeconds: done.seconds,
      drainMbPerSecond: data.bytes / 1e6 / done.seconds,
      cpuPerGb: cpu === null ? null : (cpu - cpuBefore) / (data.bytes / 1e9),
      peakBytes: peakResidentBytes(running.pid),
    };
  } catch (error) {
    throw new Error(`almadia with a backlog of ${megabytes} MB: ${error.message}\n${running.said()}`);
  } finally {
    await running.stop();
    await receiver.stop();
  }
}

/** Asks the agent until `enough` holds of its buffer, or until that has stopped growing; returns what it has spooled. */
async function settled(directory, enough) {
  let last = -1;
  let sinceMs = performance.now();
  for (;;) {
    const args = almadiaCommand(['status', '--json', '--state', join(directory, 'state')]);
    const { status, said } = await runProcess(process.execPath, args, { directory });
    const buffer = status === 0 ? JSON.parse(said).buffer : null;
    if (buffer !== null && enough(buffer)) return buffer.spooledBytes;
    const size = buffer?.spooledBytes ?? 0;
    const quietMs = performance.now() - sinceMs;
    if (size !== last) [last, sinceMs] = [size, performance.now()];
    else if (size > 0 && quietMs > restMs) return size;
    else if (quietMs > emptyMs) throw new Error('nothing is put aside');
    await sleep(pollMs);
  }
}

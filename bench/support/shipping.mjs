// One run of one program over one file: from the first byte that reaches the receiver until all but the last batch is
// acked. So the start of a program is not in it, and neither is the reading before its first request, nor the time for
// which a last batch that is not full waits for more lines; but all lines must arrive, and no more than all.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { batchBytes, batchRecords } from './batch.mjs';
import { startReceiver } from './receiver.mjs';

let runs = 0;

/**
 * The figures of one run: MB of input a second, CPU seconds per GB of input, peak resident bytes, bytes sent for each
 * byte of input. `program` is a rival or the agent (rivals/), `data` what writeData gave, `check` as the receiver's.
 */
export async function shipOnce(program, { data, directory, gzip = false, check = null, settings = {} }) {
  const own = join(directory, `run-${runs++}`);
  mkdirSync(own);
  const receiver = await startReceiver(program.protocolFor?.({ gzip, settings }) ?? 'plain');
  const expected = program.sendsRawBytes
    ? { of: 'bytes', count: data.bytes }
    : { of: 'records', count: data.lines, steady: steadyRecords(data) };
  const run = receiver.begin({ expected, check });
  const running = program.start({ directory: own, file: data.path, receiver, gzip, settings });
  receiver.watch(running.pid);
  try {
    const done = await (program.sendsRawBytes ? run.done : Promise.race([run.done, ended(running)]));
    await running.stop();
    const after = await receiver.report();
    if (after[expected.of] !== expected.count) {
      throw new Error(`${expected.count} ${expected.of} were expected, ${after[expected.of]} arrived`);
    }
    const { steady } = done;
    const bytes = data.bytes * steady.share;
    const cpuSeconds = running.cpuSeconds?.() ?? steady.cpuSeconds;
    return {
      mbPerSecond: bytes / 1e6 / steady.seconds,
      cpuPerGb: cpuSeconds === null ? null : cpuSeconds / (bytes / 1e9),
      peakBytes: done.peakBytes,
      sentPerByte: done.bytes / data.bytes,
      requests: done.requests,
      receiverBusy: steady.receiverCpuSeconds / steady.seconds,
      proof: after.proof,
    };
  } catch (error) {
    throw new Error(`${program.name}: ${error.message}\n${running.said()}`);
  } finally {
    await running.stop();
    await receiver.stop();
    rmSync(own, { recursive: true, force: true });
  }
}

/** All but what one batch can hold. */
function steadyRecords({ bytes, lines }) {
  return lines - Math.min(batchRecords, Math.ceil((batchBytes * lines) / bytes));
}

/** An agent goes on until it is stopped. */
async function ended({ exited }) {
  throw new Error(`it has ended by itself, with ${await exited}`);
}

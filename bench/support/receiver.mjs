// Starts and steers the receiver, which is a process of its own (receiver-process.mjs).
//
//   begin     a run: how many records or bytes are expected, and what is looked at besides
//   watch     the process whose costs are counted, from the first byte to the last ack
//   away      from now on answer 503 to data, or answer again
//   report    what has arrived so far
//   first     the first byte of a run's data has come
//   done      all that was expected has been acked
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { compileCounter } from './swift-count.mjs';

/** A run of which nothing new arrives for so long has failed. */
const stallMs = 20_000;
const pollMs = 1000;

/** `protocol` is `plain` (A and B as the originals speak them), `hub` (B with the envelope and gzip) or `block`. */
export async function startReceiver(protocol = 'plain') {
  const child = fork(new URL('./receiver-process.mjs', import.meta.url), [protocol, await compileCounter()]);
  const [{ port, linesPort }] = await once(child, 'message');
  const waiting = { first: null, done: null, report: null };
  child.on('message', (message) => {
    const take = waiting[message.kind];
    waiting[message.kind] = null;
    take?.(message);
  });
  const died = once(child, 'exit').then(() => {
    throw new Error('the receiver has died');
  });
  // Nobody may be waiting when it is stopped.
  died.catch(() => {});
  const next = (kind) =>
    Promise.race([
      died,
      new Promise((resolve) => {
        waiting[kind] = resolve;
      }),
    ]);

  const report = () => {
    const answer = next('report');
    child.send({ kind: 'report' });
    return answer;
  };
  return {
    port,
    linesPort,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    setAway: (away) => child.send({ kind: 'away', away }),
    report,
    /**
     * `expected` is `{ of: 'records' | 'bytes', count, steady }`, `check` null, `proof` or `delay`. `first` resolves with
     * the time of the first byte, `done` with the run's figures and, under `steady`, with those of the ack that reached
     * so many; it rejects when nothing more arrives.
     */
    begin: ({ expected, check = null }) => {
      const first = next('first').then(({ atNs }) => BigInt(atNs));
      first.catch(() => {});
      const finished = next('done');
      child.send({ kind: 'begin', expected, check });
      return { first, done: whileItGrows(finished, report) };
    },
    /** From now on it is this process whose costs are counted. */
    watch: (pid) => child.send({ kind: 'watch', pid }),
    stop: async () => {
      if (child.connected) child.disconnect();
      await died.catch(() => {});
    },
  };
}

async function whileItGrows(finished, report) {
  let timer;
  const stalled = new Promise((_, reject) => {
    let last = -1;
    let since = performance.now();
    const look = ({ records, bytes }) => {
      if (bytes !== last) [last, since] = [bytes, performance.now()];
      else if (performance.now() - since > stallMs) {
        reject(new Error(`nothing more arrived for ${stallMs / 1000} s, after ${records} records`));
      }
    };
    timer = setInterval(() => report().then(look, reject), pollMs);
  });
  try {
    return await Promise.race([finished, stalled]);
  } finally {
    clearInterval(timer);
  }
}

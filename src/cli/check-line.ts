/** The one real line that `almadia check --send-test-line` sends: a batch of a stream of its own. */
import type { Batch, BatchBody } from '../event/batch.ts';
import type { Host } from '../host/host.ts';
import { randomName } from '../host/random.ts';

export interface TestLine {
  readonly batch: Batch;
  readonly body: BatchBody;
  readonly text: string;
}

export function createTestLine(host: Pick<Host, 'clock' | 'random' | 'process'>, output: string): TestLine {
  const readAtMs = host.clock.now();
  const text = `almadia check: test line of ${host.process.hostname} at ${new Date(readAtMs).toISOString()}`;
  const bytes = Buffer.from(`${text}\n`);
  const stream = randomName(host.random);
  const batch: Batch = {
    key: { output, sequence: 0, part: '' },
    // Any name that is not used twice will do: this batch is never sent again.
    id: randomName(host.random) + randomName(host.random),
    readAtMs,
    segments: [{ kind: 'lines', stream, path: '/almadia-check', from: 0, to: bytes.length }],
    records: 1,
    bytes: bytes.length,
  };
  return { batch, body: [bytes], text };
}

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { batchOf, cut, gap, lines } from '../../test/compat/batches.ts';
import { type Disk, DiskError, type FileHandle } from '../host/disk.ts';
import { nodeDisk } from '../host/node/disk.ts';
import { openFileOutput } from './file.ts';
import { openStdoutOutput } from './stdout.ts';

const directory = mkdtempSync(join(tmpdir(), 'almadia-file-output-'));
after(() => rmSync(directory, { recursive: true }));
const signal = new AbortController().signal;
const { batch, body } = batchOf(
  lines('one\r\n\ntwo'),
  cut('begin', 100, { from: 9 }),
  gap(5, 'unreadable', { from: 109 }),
);

let names = 0;
function newPath(): string {
  names += 1;
  return join(directory, `out-${names}`);
}

function open(path: string, format: 'ndjson' | 'lines', disk: Disk = nodeDisk()) {
  const output = openFileOutput(disk, { path, format, agentId: 'agent-1' });
  return async () => (await output.send(batch, body, signal)).outcome;
}

/** The machine's disk, with the steps that matter noted, and a write that fails when asked for. */
function watchedDisk(options: { readonly failAt?: number; readonly code?: string } = {}) {
  const steps: string[] = [];
  const real = nodeDisk();
  let writes = 0;
  const watched = (handle: FileHandle): FileHandle => ({
    ...handle,
    read: (target, at) => handle.read(target, at),
    stat: () => handle.stat(),
    close: () => handle.close(),
    async write(bytes) {
      writes += 1;
      steps.push('write');
      if (writes === options.failAt) {
        await handle.write(bytes.subarray(0, 3));
        throw new DiskError(options.code ?? 'ENOSPC', 'x', 'no space');
      }
      await handle.write(bytes);
    },
    async sync() {
      steps.push('sync');
      await handle.sync();
    },
  });
  const disk = new Proxy(real, {
    get(target, name: keyof Disk) {
      if (name === 'open') {
        return async (...given: Parameters<Disk['open']>) => {
          const handle = await target.open(...given);
          return given[1] === 'append' ? watched(handle) : handle;
        };
      }
      if (name === 'syncDirectory') {
        return async (path: string) => {
          steps.push('sync directory');
          await target.syncDirectory(path);
        };
      }
      return target[name].bind(target);
    },
  });
  return { disk, steps };
}

test('writes the lines with their own bytes and ends, and completes the last', async () => {
  const path = newPath();
  const send = open(path, 'lines');
  assert.deepEqual(await send(), { kind: 'acked', records: batch.records, duplicates: 0 });
  await send();
  assert.equal(readFileSync(path, 'latin1'), 'one\r\n\ntwo\nbegin\n'.repeat(2));
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('writes one JSON object a record, with its place in its file, and one for a gap', async () => {
  const path = newPath();
  const invalid = batchOf(lines(Buffer.from('a\xff\n', 'latin1')));
  await open(path, 'ndjson')();
  await openFileOutput(nodeDisk(), { path, format: 'ndjson', agentId: 'agent-1' }).send(
    invalid.batch,
    invalid.body,
    signal,
  );
  const rows = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row));
  const common = {
    agent: 'agent-1',
    source: 'app.log',
    stream: '0123456789abcdef0123456789abcdef',
    read_at: '2025-11-29T10:00:00.250Z',
  };
  assert.deepEqual(rows, [
    { ...common, from: 0, to: 5, text: 'one' },
    { ...common, from: 5, to: 6, text: '' },
    { ...common, from: 6, to: 9, text: 'two' },
    { ...common, from: 9, to: 109, text: 'begin', original_bytes: 100 },
    { ...common, from: 109, to: 114, gap: 'unreadable' },
    { ...common, from: 0, to: 3, text: 'a\uFFFD', raw: 'Yf8=' },
  ]);
});

test('acks only after the file, and a new name in its directory, are synced', async () => {
  const { disk, steps } = watchedDisk();
  const send = open(newPath(), 'ndjson', disk);
  await send();
  assert.deepEqual(steps.splice(0), ['write', 'sync', 'sync directory']);
  await send();
  assert.deepEqual(steps, ['write', 'sync']);
});

test('keeps lines after a torn write on lines of their own', async () => {
  const path = newPath();
  const { disk } = watchedDisk({ failAt: 1 });
  const send = open(path, 'lines', disk);
  const first = await send();
  assert.equal(first.kind === 'retry' && first.cause, 'away');
  assert.match(first.kind === 'retry' ? first.reason : '', /disk is full; make room/);
  assert.equal((await send()).kind, 'acked');
  assert.equal(readFileSync(path, 'latin1'), 'one\none\r\n\ntwo\nbegin\n');
});

test('goes on in a new file when the old one is renamed away', async () => {
  const path = newPath();
  const send = open(path, 'lines');
  await send();
  renameSync(path, `${path}.1`);
  await send();
  assert.equal(readFileSync(path, 'latin1'), readFileSync(`${path}.1`, 'latin1'));
});

test('says what to do when it cannot write there', async () => {
  const missing = await open(join(directory, 'absent', 'out'), 'lines')();
  assert.equal(missing.kind === 'rejected' && missing.cause, 'destination');
  const inDirectory = await open(directory, 'lines')();
  assert.equal(inDirectory.kind === 'rejected' && inDirectory.cause, 'destination');
  const { disk } = watchedDisk({ failAt: 1, code: 'EIO' });
  const broken = await open(newPath(), 'lines', disk)();
  assert.equal(broken.kind === 'retry' && broken.cause, 'away');
});

test('standard output gets the same, in order, and a failure of it is an absent destination', async () => {
  const chunks: Uint8Array[] = [];
  const options = { format: 'lines', agentId: 'a' } as const;
  const output = openStdoutOutput(async (bytes) => void chunks.push(bytes), options);
  assert.equal((await output.send(batch, body, signal)).outcome.kind, 'acked');
  assert.equal(Buffer.concat(chunks).toString(), 'one\r\n\ntwo\nbegin\n');
  const closed = openStdoutOutput(() => Promise.reject(new Error('write EPIPE')), options);
  const { outcome } = await closed.send(batch, body, signal);
  assert.equal(outcome.kind === 'retry' && outcome.cause, 'away');
});

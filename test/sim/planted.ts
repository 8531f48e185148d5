/**
 * Bugs that are planted on purpose, from outside of the code: each wraps a piece of the machine so that agent or hub
 * behave as if they had that bug. The oracle must catch every one of them.
 */
import type { Database, Databases } from '../../src/host/database.ts';
import type { Disk, FileHandle } from '../../src/host/disk.ts';
import type { Host } from '../../src/host/host.ts';
import type { HttpReply, Net } from '../../src/host/net.ts';
import { nodeWork } from '../../src/host/node/work.ts';
import { decodeBlock } from '../../src/protocol/block.ts';
import { decodeIngest } from '../../src/protocol/ingest.ts';
import type { Planted } from './room.ts';

const LF = 0x0a;

/** The agent believes that some batches were taken which nobody saw. */
function acksWithoutHub(host: Host): Host {
  let sent = 0;
  const net: Net = {
    serve: (options, handle) => host.net.serve(options, handle),
    diagnose: (url, options) => host.net.diagnose(url, options),
    send: async (request, signal) => {
      if (!/\/ingest-(batch|block)$/.test(request.url)) return await host.net.send(request, signal);
      sent += 1;
      if (sent % 7 !== 0 || request.headers['content-encoding'] !== undefined) {
        return await host.net.send(request, signal);
      }
      return forgedReceipt(Buffer.concat(request.body));
    },
  };
  return { ...host, net };
}

function forgedReceipt(body: Buffer): HttpReply {
  const block = decodeBlock(body, nodeWork);
  const batch = block.kind === 'decoded' ? block : decodeIngest(body);
  if (batch.kind === 'refused') throw new Error(batch.reason);
  const { value } = batch;
  const id = 'batchId' in value ? value.batchId : value.envelope?.batchId;
  const records = typeof value.records === 'number' ? value.records : value.records.length;
  const reply = {
    status: 'success',
    total: records,
    almadia: { batch_id: id, records, duplicates: 0 },
  };
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(reply)),
    cut: false,
  };
}

/** Every so many a whole transaction is forgotten, though it was answered as committed. */
const losesCommits =
  (every: number) =>
  (host: Host): Host => {
    const forgotten = new Error('planted');
    let commits = 0;
    const databases: Databases = {
      open: (path) => {
        const database = host.databases.open(path);
        const transaction: Database['transaction'] = (durability, work) => {
          commits += 1;
          if (commits % every !== 0) return database.transaction(durability, work);
          let value: ReturnType<typeof work> | undefined;
          try {
            database.transaction(durability, () => {
              value = work();
              throw forgotten;
            });
          } catch (error) {
            if (error !== forgotten) throw error;
          }
          return value as ReturnType<typeof work>;
        };
        return {
          exec: (sql) => database.exec(sql),
          run: (sql, ...values) => database.run(sql, ...values),
          all: (sql, ...values) => database.all(sql, ...values),
          transaction,
          close: () => database.close(),
        };
      },
    };
    return { ...host, databases };
  };

/** Reads of log files now and then bring other bytes than the file holds. */
function misreads(change: (bytes: Uint8Array, host: Host) => void): (host: Host) => Host {
  return (host) => {
    let reads = 0;
    const open: Disk['open'] = async (path, mode, permissions) => {
      const handle = await host.disk.open(path, mode, permissions);
      if (!path.startsWith('/var/log/')) return handle;
      const read: FileHandle['read'] = async (target, at) => {
        const count = await handle.read(target, at);
        reads += 1;
        if (reads % 40 === 0) change(target.subarray(at.offset, at.offset + count), host);
        return count;
      };
      return {
        read,
        write: (bytes) => handle.write(bytes),
        stat: () => handle.stat(),
        sync: () => handle.sync(),
        close: () => handle.close(),
      };
    };
    const { disk } = host;
    return {
      ...host,
      disk: {
        open,
        stat: (path) => disk.stat(path),
        glance: (path) => disk.glance(path),
        list: (path) => disk.list(path),
        realPath: (path) => disk.realPath(path),
        rename: (from, to) => disk.rename(from, to),
        unlink: (path) => disk.unlink(path),
        makeDirectory: (path, permissions) => disk.makeDirectory(path, permissions),
        setPermissions: (path, permissions) => disk.setPermissions(path, permissions),
        syncDirectory: (path) => disk.syncDirectory(path),
        watch: (path, changed) => disk.watch(path, changed),
        volume: (path) => disk.volume(path),
        allows: (path, access) => disk.allows(path, access),
      },
    };
  };
}

/** One letter of the last line is another. */
function changesLetter(bytes: Uint8Array): void {
  const at = bytes.lastIndexOf(LF) - 2;
  if (at >= 0) bytes[at] = 0x23;
}

/** Two lines are read as one. */
function swallowsLineEnd(bytes: Uint8Array): void {
  const last = bytes.lastIndexOf(LF);
  const before = last > 0 ? bytes.lastIndexOf(LF, last - 1) : -1;
  if (before >= 0) bytes[before] = 0x20;
}

export const plantedBugs: Readonly<Record<string, Planted>> = {
  'the agent takes silence for an ack': { agent: acksWithoutHub },
  'the agent forgets commits': { agent: losesCommits(3) },
  'the hub forgets commits': { hub: losesCommits(23) },
  'a letter is changed on the way': { agent: misreads(changesLetter) },
  'two lines become one': { agent: misreads(swallowsLineEnd) },
};

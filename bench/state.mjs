// What the state costs: commits of positions a second, and bodies of 1 MiB, at both durabilities.
// Usage: npm run build && node bench/state.mjs [directory on the disk to be measured]
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeDatabases } from '../dist/src/host/node/database.js';
import { openSqliteState } from '../dist/src/state/sqlite.js';

const directory = mkdtempSync(join(process.argv[2] ?? '.', 'almadia-bench-'));
const path = join(directory, 'state.db');
const mebibyte = 1024 * 1024;
const body = [Buffer.alloc(mebibyte, 'GET /index.html HTTP/1.1 200 512\n')];

const storedBatch = (sequence) => ({
  batch: {
    key: { output: 'main', sequence, part: '' },
    id: 'x'.repeat(64),
    readAtMs: 1,
    segments: [{ kind: 'lines', stream: 's', path: '/var/log/a.log', from: 0, to: mebibyte }],
    records: 1,
    bytes: mebibyte,
  },
  status: 'spooled',
  attempts: 0,
  reason: '',
  atMs: 1,
});

function measure(name, unit, perRound, rounds, work) {
  const start = performance.now();
  for (let round = 0; round < rounds; round += 1) work(round);
  const seconds = (performance.now() - start) / 1000;
  console.log(`${name.padEnd(44)} ${((rounds * perRound) / seconds).toFixed(0).padStart(8)} ${unit}`);
}

let state = openSqliteState(nodeDatabases(), path);
const cursor = (read) => ({ kind: 'cursor', cursor: { stream: 's', output: 'main', read, watermark: read } });
const ledger = { stream: 's', output: 'main', term: 'acked', reason: '', bytes: 1, lines: 1 };
for (const durability of ['normal', 'full']) {
  measure(`cursor and ledger, ${durability}`, 'commits/s', 1, durability === 'full' ? 500 : 5000, (round) =>
    state.commit([cursor(round), { kind: 'ledger', add: ledger }], durability),
  );
}
for (const durability of ['normal', 'full']) {
  measure(`spool 1 MiB bodies, ${durability}`, 'MiB/s', 1, 200, (round) =>
    state.commit([{ kind: 'batch', stored: storedBatch(round), body }, cursor(round)], durability),
  );
}
measure('read 1 MiB bodies', 'MiB/s', 1, 200, (round) => state.body(storedBatch(round).batch.key));
state.close();
measure('open a state of 200 MiB, checked as a whole', 'MiB/s', 200, 1, () => {
  state = openSqliteState(nodeDatabases(), path);
});
measure('forget 1 MiB bodies, normal', 'MiB/s', 1, 200, (round) =>
  state.commit([{ kind: 'forget-batch', key: storedBatch(round).batch.key }], 'normal'),
);
console.log(`resident ${Math.round(process.memoryUsage.rss() / mebibyte)} MiB`);
state.close();
rmSync(directory, { recursive: true });

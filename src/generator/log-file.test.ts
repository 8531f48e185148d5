import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHost } from '../host/node/host.ts';
import { openLogFile } from './log-file.ts';

test('a rotated file keeps whole lines, and sequence ids go on after it', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-log-file-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'app.log');
  const { disk } = createHost();
  const file = await openLogFile(disk, path, { rotateBytes: 40 });
  for (const sequence of [1, 2, 3, 4]) await file.write(Buffer.from(`{"sequence_id":${sequence},"a":1}\n`));
  await file.close();
  assert.deepEqual(readdirSync(directory).sort(), ['app.log', 'app.log.1']);
  assert.equal(readFileSync(`${path}.1`, 'utf8'), '{"sequence_id":1,"a":1}\n{"sequence_id":2,"a":1}\n');
  assert.equal(readFileSync(path, 'utf8'), '{"sequence_id":3,"a":1}\n{"sequence_id":4,"a":1}\n');

  rmSync(path);
  const again = await openLogFile(disk, path, { rotateBytes: 40 });
  await again.close();
  assert.equal(again.nextSequence, 3);
});

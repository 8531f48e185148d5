import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { directoryFor, startHub } from '../../test/hub/fixture.ts';

test('the data directory is for the hub alone, also where it was open for reading', async (context) => {
  const directory = directoryFor(context);
  const hub = await startHub(context, { directory });
  await hub.close();
  fs.chmodSync(directory, 0o755);
  fs.chmodSync(join(directory, 'hub.sqlite'), 0o644);
  const again = await startHub(context, { directory });
  assert.equal(fs.statSync(directory).mode & 0o777, 0o700);
  for (const name of fs.readdirSync(directory)) {
    assert.equal(fs.statSync(join(directory, name)).mode & 0o777, 0o600, name);
  }
  await again.close();
});

test('a data directory that is a link, or that every user may write, is refused', async (context) => {
  const directory = directoryFor(context);
  const real = join(directory, 'real');
  fs.mkdirSync(real, { mode: 0o700 });
  fs.symlinkSync(real, join(directory, 'link'));
  await assert.rejects(startHub(context, { directory: join(directory, 'link') }), { code: 'STORE_UNSAFE' });
  fs.chmodSync(real, 0o777);
  await assert.rejects(startHub(context, { directory: real }), { code: 'STORE_UNSAFE' });
  assert.deepEqual(fs.readdirSync(real), []);
});

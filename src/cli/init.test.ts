import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { onMachine } from '../../test/support/machine.ts';
import { run } from '../../test/support/terminal.ts';

test('writes a configuration that is valid as soon as its key is set', async () => {
  for (const language of ['en', 'es']) {
    await onMachine(
      async ({ host, directory }) => {
        const ran = await run(host, ['init', '--lang', language]);
        assert.equal(ran.status, 0, ran.err);
        const checked = await run(host, ['config', 'validate']);
        assert.equal(checked.status, 0, checked.err);
        assert.match(readFileSync(join(directory, 'almadia.yaml'), 'utf8'), /start_at: end/);
      },
      { environment: { ALMADIA_KEY: 'k' } },
    );
  }
});

test('leaves what is there, unless it is forced', async () => {
  await onMachine(async ({ host, directory }) => {
    const path = join(directory, 'almadia.yaml');
    writeFileSync(path, 'mine');
    const refused = await run(host, ['init']);
    assert.equal(refused.status, 2);
    assert.match(refused.err, /INIT_EXISTS/);
    assert.equal(readFileSync(path, 'utf8'), 'mine');
    assert.equal((await run(host, ['init', '--force'])).status, 0);
    assert.notEqual(readFileSync(path, 'utf8'), 'mine');
  });
});

test('writes an example of the other format on request, and keeps the first', async () => {
  await onMachine(async ({ host, directory }) => {
    writeFileSync(join(directory, 'almadia.yaml'), 'mine');
    const ran = await run(host, ['init', '--env']);
    assert.equal(ran.status, 0, ran.err);
    assert.equal(readFileSync(join(directory, 'almadia.yaml'), 'utf8'), 'mine');
    const checked = await run(host, ['config', 'validate', '--config', '.env.example']);
    assert.equal(checked.status, 0, checked.err);
  });
});

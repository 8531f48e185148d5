/** The configurations under examples/ must load as they are. */
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../src/config/load.ts';
import { createHost } from '../src/host/node/host.ts';

const root = resolve(import.meta.dirname, '../..');

/** Loaded from the example's own directory, as its user would. */
async function load(directory: string, environment: Record<string, string> = {}) {
  const host = createHost();
  const process = { ...host.process, osType: 'Linux' as const, environment };
  const machine = { ...host, process: { ...process, workingDirectory: resolve(root, directory) } };
  const result = await loadConfig(machine, {});
  assert.equal(result.kind, 'loaded', JSON.stringify(result));
  return result.kind === 'loaded' ? result.config : assert.fail();
}

test('examples/almadia.yaml is a native configuration', async () => {
  const { settings } = await load('examples', { ALMADIA_KEY: 'k' });
  assert.equal(settings.profile, 'native');
  assert.equal(settings.output.url, 'https://logs.example.org');
  assert.equal(settings.output.key, 'k');
  assert.equal(settings.spool.bytesMax, 4 * 1024 ** 3);
});

test('examples/sync-logs/.env is a configuration of sync-logs-agent', async () => {
  const { settings } = await load('examples/sync-logs');
  assert.equal(settings.profile, 'sync-logs');
  assert.equal(settings.output.source, 'servidor_centos6');
  assert.equal(settings.output.key, 'tu_api_key_secreta');
  assert.equal(settings.retry.attemptsMax, 5);
});

test('examples/ila-soc/config.json is a configuration of ila-soc', async () => {
  const { settings } = await load('examples/ila-soc');
  assert.equal(settings.profile, 'ila-soc');
  assert.equal(settings.output.url, 'http://localhost:5000');
  assert.equal(settings.batch.recordsMax, 50);
});

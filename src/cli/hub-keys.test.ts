import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { onMachine } from '../../test/support/machine.ts';
import { run } from '../../test/support/terminal.ts';
import type { Host } from '../host/host.ts';
import type { SelfLog } from '../host/selflog.ts';
import { openHubSession } from './hub-session.ts';

/** What the hub says of a key. */
async function statusOf(host: Host, url: string, key: string): Promise<number> {
  const { status } = await host.net.send({
    method: 'POST',
    url: `${url}/api/test`,
    headers: { 'x-api-key': key },
    body: [Buffer.from('{}')],
    timeoutMs: 10_000,
    replyBytesMax: 4096,
  });
  return status;
}

test('keys are made, listed and revoked while the hub runs, and it takes each change at once', async () => {
  await onMachine(async ({ host, directory }) => {
    const said: string[] = [];
    const log: SelfLog = { write: (_level, event, message) => said.push(`${event} ${message}`) };
    const data = join(directory, 'hub');
    const listen = { host: '127.0.0.1', port: 0 };
    const session = await openHubSession(host, { listen, dataDirectory: data, key: 'the-owner', log });
    try {
      assert.equal(statSync(join(data, 'hub.sock')).mode & 0o777, 0o600);
      const made = await run(host, ['hub', 'keys', 'add', 'web', '--agent', 'web-1', '--data', 'hub']);
      const [, id, secret] = /Key ([0-9a-f]{8}) for web, .*: (\S+)\n/.exec(made.out) ?? [];
      assert.equal(await statusOf(host, session.url, secret!), 200);
      const listed = await run(host, ['hub', 'keys', 'list', '--data', 'hub']);
      assert.match(listed.out, new RegExp(`${id} +web +web-1`));
      const rotated = await run(host, ['hub', 'keys', 'rotate', id!, '--overlap', '1h', '--data', 'hub']);
      const [, , next] = /Key ([0-9a-f]{8}) for web, .*: (\S+)\n/.exec(rotated.out) ?? [];
      assert.deepEqual(
        [await statusOf(host, session.url, secret!), await statusOf(host, session.url, next!)],
        [200, 200],
      );
      const revoked = await run(host, ['hub', 'keys', 'revoke', id!, '--data', 'hub']);
      assert.deepEqual([revoked.status, revoked.out], [0, `Key ${id} is revoked.\n`]);
      assert.equal(await statusOf(host, session.url, secret!), 401);
      for (const text of [listed.out, revoked.out, revoked.err, said.join('\n')]) {
        assert.equal(text.includes(secret!.slice(9)), false);
        assert.equal(text.includes('the-owner'), false);
      }
    } finally {
      await session.close(0);
    }
    for (const name of readdirSync(data)) {
      assert.equal(readFileSync(join(data, name)).includes('the-owner'), false, name);
    }
  });
});

test('they are also changed while no hub runs, and where none ever ran nothing is made', async () => {
  await onMachine(async ({ host, directory }) => {
    const none = await run(host, ['hub', 'keys', 'add', 'web']);
    assert.deepEqual([none.status, /\(HUB_ABSENT\)/.test(none.err)], [2, true]);
    assert.deepEqual(readdirSync(directory), []);
    const log = { write: () => undefined };
    const open = () =>
      openHubSession(host, {
        listen: { host: '127.0.0.1', port: 0 },
        dataDirectory: join(directory, 'almadia-hub'),
        key: null,
        log,
      });
    await (await open()).close(0);
    const made = await run(host, ['hub', 'keys', 'add', 'web', '--json']);
    const { key } = JSON.parse(made.out) as { key: string };
    const session = await open();
    assert.equal(await statusOf(host, session.url, key), 200);
    await session.close(0);
    const unknown = await run(host, ['hub', 'keys', 'revoke', 'ffffffff', '--lang', 'es']);
    assert.deepEqual([unknown.status, /no hay ninguna clave/.test(unknown.err)], [2, true]);
  });
});

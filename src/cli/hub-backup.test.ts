import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { envelope, ndjson } from '../../test/hub/fixture.ts';
import { onMachine } from '../../test/support/machine.ts';
import { run } from '../../test/support/terminal.ts';
import type { Host } from '../host/host.ts';
import { nodeDatabases } from '../host/node/database.ts';
import { silentLog } from '../host/selflog.ts';
import { type HubSession, openHubSession } from './hub-session.ts';

const key = 'the-owner';
const listen = { host: '127.0.0.1', port: 0 };

const open = (host: Host, directory: string, name: string) =>
  openHubSession(host, { listen, dataDirectory: join(directory, name), key, log: silentLog });

async function ask(host: Host, session: HubSession, path: string, body?: object): Promise<string> {
  const reply = await host.net.send({
    method: body === undefined ? 'GET' : 'POST',
    url: `${session.url}${path}`,
    headers: { 'x-api-key': key },
    body: body === undefined ? [] : [Buffer.from(JSON.stringify(body))],
    timeoutMs: 20_000,
    replyBytesMax: 64 * 1024 * 1024,
  });
  assert.equal(reply.status, 200);
  return Buffer.from(reply.body).toString();
}

const send = (host: Host, session: HubSession, number: number) =>
  ask(host, session, '/api/agent/ingest-batch', envelope(number * 4, [`${100 + number}`]));

const exported = async (host: Host, session: HubSession): Promise<string[]> =>
  ndjson(await ask(host, session, '/api/export')).map(({ text }) => text);

test('a hub goes on receiving while it is backed up, and the copy has all that came before', async () => {
  await onMachine(async ({ host, directory }) => {
    const session = await open(host, directory, 'hub');
    for (let number = 0; number < 50; number++) await send(host, session, number);
    const copying = run(host, ['hub', 'backup', 'copy', '--data', 'hub']);
    for (let number = 50; number < 100; number++) await send(host, session, number);
    const copied = await copying;
    assert.deepEqual([copied.status, copied.err], [0, '']);
    assert.equal((await exported(host, session)).length, 100);
    await session.close(0);
    assert.equal(statSync(join(directory, 'copy')).mode & 0o777, 0o700);
    assert.equal(statSync(join(directory, 'copy/hub.sqlite')).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(join(directory, 'copy')), ['hub.sqlite']);
    assert.equal((await run(host, ['hub', 'restore', 'copy', '--data', 'new'])).status, 0);
    const back = await open(host, directory, 'new');
    const lines = await exported(host, back);
    assert.ok(lines.length >= 50);
    assert.deepEqual(
      lines,
      Array.from(lines, (_, number) => `${100 + number}`),
    );
    // What it lacks comes again, and what it has is not stored twice.
    for (let number = 0; number < 100; number++) await send(host, back, number);
    assert.equal((await exported(host, back)).length, 100);
    await back.close(0);
  });
});

test('a stopped hub is backed up too, and the same hub comes back', async () => {
  await onMachine(async ({ host, directory }) => {
    const session = await open(host, directory, 'hub');
    await send(host, session, 0);
    await session.close(0);
    assert.equal((await run(host, ['hub', 'backup', 'copy', '--data', 'hub'])).status, 0);
    assert.equal((await run(host, ['hub', 'restore', 'copy', '--data', 'new'])).status, 0);
    const checked = await run(host, ['hub', 'check', '--data', 'new']);
    assert.deepEqual([checked.status, checked.out], [0, 'All is whole: 1 streams, 0 chains.\n']);
  });
});

test('nothing is written over, and a hub that is not there is not made', async () => {
  await onMachine(async ({ host, directory }) => {
    await (await open(host, directory, 'hub')).close(0);
    await (await open(host, directory, 'other')).close(0);
    const codes: [string[], string][] = [
      [['backup', 'other', '--data', 'hub'], 'COPY_EXISTS'],
      [['restore', 'hub', '--data', 'other'], 'COPY_EXISTS'],
      [['backup', 'copy', '--data', 'none'], 'HUB_ABSENT'],
      [['restore', 'none', '--data', 'new'], 'HUB_ABSENT'],
      [['check', '--data', 'none'], 'HUB_ABSENT'],
    ];
    for (const [words, code] of codes) {
      const { status, err } = await run(host, ['hub', ...words]);
      assert.deepEqual([status, err.includes(code)], [2, true], words.join(' '));
    }
    assert.deepEqual(readdirSync(directory).sort(), ['hub', 'other']);
  });
});

test('a file that is no store, or a newer one, is no back-up, and nothing of it is left', async () => {
  await onMachine(async ({ host, directory }) => {
    mkdirSync(join(directory, 'copy'));
    writeFileSync(join(directory, 'copy/hub.sqlite'), 'x'.repeat(5000));
    const damaged = await run(host, ['hub', 'restore', 'copy', '--data', 'new']);
    assert.deepEqual([damaged.status, damaged.err.includes('STORE_DAMAGED')], [3, true]);
    assert.deepEqual(readdirSync(join(directory, 'new')), []);
    await (await open(host, directory, 'hub')).close(0);
    const database = nodeDatabases().open(join(directory, 'hub/hub.sqlite'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    const newer = await run(host, ['hub', 'restore', 'hub', '--data', 'new']);
    assert.deepEqual([newer.status, newer.err.includes('STORE_NEWER')], [3, true]);
    assert.deepEqual(readdirSync(join(directory, 'new')), []);
  });
});

test('the file that is being copied does not change, however much comes', async () => {
  await onMachine(async ({ host, directory }) => {
    const session = await open(host, directory, 'hub');
    await send(host, session, 0);
    const path = join(directory, 'hub/hub.sqlite');
    const held = async (name: string, id?: number) =>
      JSON.parse(
        Buffer.from(
          (
            await host.net.send({
              method: 'POST',
              url: `unix:${join(directory, 'hub/hub.sock')}:/backup/${name}`,
              headers: {},
              body: [Buffer.from(JSON.stringify({ id }))],
              timeoutMs: 5000,
              replyBytesMax: 4096,
            })
          ).body,
        ).toString(),
      );
    const { id } = await held('begin');
    const busy = await run(host, ['hub', 'backup', 'copy', '--data', 'hub']);
    assert.deepEqual([busy.status, busy.err.includes('COPY_BUSY')], [3, true]);
    const before = statSync(path);
    // More than what is written back at once when nothing is held.
    for (let number = 1; number < 13; number++) {
      const noise = Buffer.from(host.random.bytes(750_000)).toString('base64');
      await ask(host, session, '/api/agent/ingest-batch', envelope(number * 2_000_000, [noise]));
    }
    const after = statSync(path);
    assert.deepEqual([after.size, after.mtimeMs], [before.size, before.mtimeMs]);
    assert.deepEqual(await held('end', id), { held: true });
    await ask(host, session, '/api/agent/ingest-batch', envelope(90_000_000, ['more']));
    assert.ok(statSync(path).size > before.size);
    await session.close(0);
  });
});

test('check names what is not whole, and makes indexes anew', async () => {
  await onMachine(async ({ host, directory }) => {
    const session = await open(host, directory, 'hub');
    await send(host, session, 0);
    const locked = await run(host, ['hub', 'check', '--data', 'hub']);
    assert.deepEqual([locked.status, locked.err.includes('HUB_LOCKED')], [3, true]);
    await session.close(0);
    const path = join(directory, 'hub/hub.sqlite');
    const database = nodeDatabases().open(path);
    const [index] = database.all("SELECT rootpage FROM sqlite_schema WHERE name = 'streams_by_root'");
    const [page] = database.all('PRAGMA page_size');
    database.close();
    // The index says another agent than the row.
    const bytes = readFileSync(path);
    const begin = (Number(index!.rootpage) - 1) * Number(page!.page_size);
    bytes.write('wob', bytes.indexOf('web', begin));
    writeFileSync(path, bytes);
    const faulty = await run(host, ['hub', 'check', '--data', 'hub']);
    assert.deepEqual([faulty.status, /streams_by_root/.test(faulty.out)], [1, true], faulty.out);
    assert.equal((await run(host, ['hub', 'check', '--repair', '--data', 'hub'])).status, 0);
    assert.equal((await run(host, ['hub', 'check', '--data', 'hub'])).status, 0);
    const again = nodeDatabases().open(path);
    again.exec('DELETE FROM blocks');
    again.close();
    const lost = await run(host, ['hub', 'check', '--data', 'hub']);
    assert.deepEqual(
      [lost.status, lost.out.includes('web: /var/log/a.log: 0..4: removed')],
      [1, true],
      lost.out,
    );
  });
});

import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AlmadiaError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { createHost } from '../host/node/host.ts';
import { silentLog } from '../host/selflog.ts';
import { type Opened, openState } from './open.ts';

const host = createHost();

function someDirectory(): string {
  return join(fs.mkdtempSync(join(tmpdir(), 'almadia-open-')), 'state');
}

function open(directory: string, options: { agentId?: string; host?: Partial<Host> } = {}): Promise<Opened> {
  const { agentId = 'auto' } = options;
  return openState({ ...host, ...options.host }, directory, { agentId, log: silentLog });
}

/** Opens and closes at once. */
async function visit(directory: string, agentId = 'auto'): Promise<Opened> {
  const opened = await open(directory, { agentId });
  opened.state.close();
  return opened;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error instanceof AlmadiaError ? error.code : String(error)),
  );
}

test('draws an id at the first start and keeps it', async () => {
  const directory = someDirectory();
  const first = await visit(directory);
  assert.equal(first.fresh, 'first');
  assert.match(first.agentId, /^[0-9a-f]{32}$/);
  const second = await visit(directory);
  assert.deepEqual([second.fresh, second.agentId], ['resumed', first.agentId]);
});

test('keeps everything from other users', async () => {
  const directory = someDirectory();
  await visit(directory);
  assert.equal(fs.statSync(directory).mode & 0o777, 0o700);
  for (const name of fs.readdirSync(directory)) {
    assert.equal(fs.statSync(join(directory, name)).mode & 0o777, 0o600, name);
  }
});

test('an id from the settings wins and is kept', async () => {
  const directory = someDirectory();
  await visit(directory);
  assert.equal((await visit(directory, 'web-01')).agentId, 'web-01');
  assert.equal((await visit(directory)).agentId, 'web-01');
});

test('the id survives the state, and the loss is noted', async () => {
  const directory = someDirectory();
  const { agentId } = await visit(directory);
  fs.unlinkSync(join(directory, 'state.db'));
  const lost = await visit(directory);
  assert.deepEqual([lost.fresh, lost.agentId], ['lost', agentId]);
  const after = await visit(directory);
  assert.equal(after.fresh, 'resumed');
  assert.match(after.state.snapshot.notes.get('lost') ?? '', /^\d{4}-.*Z$/);
});

test('the id is found in the state when its own file is gone', async () => {
  const directory = someDirectory();
  const { agentId } = await visit(directory);
  fs.unlinkSync(join(directory, 'agent-id'));
  const again = await visit(directory);
  assert.deepEqual([again.fresh, again.agentId], ['resumed', agentId]);
});

test('a process that died between making a new state and noting the loss does not hide the loss', async () => {
  const directory = someDirectory();
  await visit(directory);
  fs.unlinkSync(join(directory, 'state.db'));
  const disk: Host['disk'] = {
    ...host.disk,
    open: (path, mode, permissions) =>
      path.endsWith('agent-id.new')
        ? Promise.reject(new Error('died'))
        : host.disk.open(path, mode, permissions),
  };
  await assert.rejects(open(directory, { agentId: 'other', host: { disk } }), /died/);
  assert.equal((await visit(directory)).fresh, 'lost');
});

test('a damaged state is set aside under a name that tells when, and the agent goes on', async () => {
  const directory = someDirectory();
  const { agentId } = await visit(directory);
  fs.writeFileSync(join(directory, 'state.db'), 'garbage '.repeat(10_000));
  const events: string[] = [];
  const log = { write: (_level: string, event: string) => events.push(event) };
  const opened = await openState(host, directory, { agentId: 'auto', log });
  opened.state.close();
  assert.deepEqual([opened.fresh, opened.agentId], ['lost', agentId]);
  assert.deepEqual(events, ['state.damaged', 'state.lost']);
  const aside = fs
    .readdirSync(directory)
    .filter((name) => /^state\.db\.damaged-\d{8}T\d{6}\.\d{3}Z$/.test(name));
  assert.equal(fs.readFileSync(join(directory, aside[0]!), 'utf8').slice(0, 8), 'garbage ');
});

test('two agents cannot share a state', async () => {
  const directory = someDirectory();
  const { state } = await open(directory);
  assert.equal(await codeOf(open(directory)), 'STATE_LOCKED');
  state.close();
  await visit(directory);
});

test('a directory that cannot be made is named with its cause', async () => {
  const file = join(fs.mkdtempSync(join(tmpdir(), 'almadia-open-')), 'file');
  fs.writeFileSync(file, '');
  assert.equal(await codeOf(open(join(file, 'state'))), 'STATE_UNWRITABLE');
  assert.equal(await codeOf(open(file)), 'STATE_UNWRITABLE');
});

test('a directory that every user may write is refused, sticky or not, and so is a file', async () => {
  const directory = someDirectory();
  fs.mkdirSync(directory);
  for (const mode of [0o1777, 0o777, 0o702]) {
    fs.chmodSync(directory, mode);
    assert.equal(await codeOf(open(directory)), 'STATE_UNSAFE');
    assert.deepEqual(fs.readdirSync(directory), []);
  }
  fs.chmodSync(directory, 0o700);
  await visit(directory);
  fs.chmodSync(join(directory, 'state.db'), 0o666);
  assert.equal(await codeOf(open(directory)), 'STATE_UNSAFE');
});

test('our own directory and files are closed to others where they were open for reading', async () => {
  const directory = someDirectory();
  await visit(directory);
  fs.chmodSync(directory, 0o775);
  for (const name of fs.readdirSync(directory)) fs.chmodSync(join(directory, name), 0o644);
  fs.writeFileSync(join(directory, 'notes.txt'), 'not ours', { mode: 0o644 });
  await visit(directory);
  assert.equal(fs.statSync(directory).mode & 0o777, 0o700);
  const modes = fs
    .readdirSync(directory)
    .map((name) => [name, fs.statSync(join(directory, name)).mode & 0o777]);
  for (const [name, mode] of modes) assert.equal(mode, name === 'notes.txt' ? 0o644 : 0o600, `${name}`);
});

test('a directory that is a symbolic link is refused, and one above it is not', async () => {
  const directory = someDirectory();
  await visit(directory);
  fs.symlinkSync(directory, `${directory}.link`);
  assert.equal(await codeOf(open(`${directory}.link`)), 'STATE_UNSAFE');
  fs.symlinkSync(join(directory, '..'), `${directory}.above`);
  assert.equal((await visit(join(`${directory}.above`, 'state'))).fresh, 'resumed');
});

test('a directory or a file of another user is refused', async () => {
  const directory = someDirectory();
  const stranger = { process: { ...host.process, userId: 4242 } };
  await visit(directory);
  assert.equal(await codeOf(open(directory, { host: stranger })), 'STATE_UNSAFE');
  const open777 = someDirectory();
  fs.mkdirSync(open777);
  fs.chmodSync(open777, 0o777);
  assert.equal(await codeOf(open(open777, { host: stranger })), 'STATE_UNSAFE');
});

test('a state that is a symbolic link is refused, and what it points at is left alone', async () => {
  const directory = someDirectory();
  const target = `${directory}.target`;
  fs.mkdirSync(directory, { mode: 0o700 });
  fs.writeFileSync(target, 'precious');
  fs.symlinkSync(target, join(directory, 'state.db'));
  assert.equal(await codeOf(open(directory)), 'STATE_UNSAFE');
  assert.equal(fs.readFileSync(target, 'utf8'), 'precious');
});

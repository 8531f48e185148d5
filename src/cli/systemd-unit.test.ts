import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { CommandError } from '../host/commands.ts';
import { AlmadiaError } from '../host/errors.ts';
import { nodeCommands } from '../host/node/commands.ts';
import type { UnitSettings } from './systemd-unit.ts';
import { unitMark, unitText } from './systemd-unit.ts';

const settings: UnitSettings = {
  name: 'almadia',
  user: 'almadia',
  groups: ['adm', 'systemd-journal'],
  nodePath: '/usr/bin/node',
  programPath: '/opt/almadia/bin/almadia',
  configPath: '/etc/almadia/almadia.yaml',
  directory: '/var/lib/almadia',
  writablePaths: [],
  readAll: false,
};

function refuses(changes: Partial<UnitSettings>, code: string): void {
  assert.throws(
    () => unitText({ ...settings, ...changes }),
    (error: unknown) => error instanceof AlmadiaError && error.code === code,
  );
}

test('the unit starts the agent as its own user, and is marked as ours', () => {
  const text = unitText(settings);
  assert.ok(text.startsWith(`${unitMark}\n`));
  assert.match(
    text,
    /^ExecStart="\/usr\/bin\/node" "\/opt\/almadia\/bin\/almadia" run --config "\/etc\/almadia\/almadia\.yaml"$/m,
  );
  assert.match(text, /^User=almadia$/m);
  assert.match(text, /^SupplementaryGroups=adm systemd-journal$/m);
});

test('it has no capability, and the one to read every file only when asked for', () => {
  assert.match(unitText(settings), /^CapabilityBoundingSet=$/m);
  assert.match(unitText({ ...settings, readAll: true }), /^AmbientCapabilities=CAP_DAC_READ_SEARCH$/m);
});

test('percent, dollar, quotes and backslashes in a path stay what they are', () => {
  const text = unitText({ ...settings, configPath: '/etc/100%/a "b"\\c $HOME.yaml' });
  assert.match(text, /--config "\/etc\/100%%\/a \\"b\\"\\\\c \$\$HOME\.yaml"$/m);
});

test('a line end in a path cannot add a setting to the unit', () => {
  refuses({ configPath: '/etc/a\nUser=root' }, 'SERVICE_WORD_UNSAFE');
  refuses({ writablePaths: ['/var/a\rb'] }, 'SERVICE_WORD_UNSAFE');
  refuses({ configPath: '/etc/\udc80' }, 'SERVICE_WORD_UNSAFE');
  refuses({ directory: '/srv/a\nUser=root' }, 'SERVICE_WORD_UNSAFE');
  refuses({ directory: '/srv/a\\' }, 'SERVICE_WORD_UNSAFE');
  refuses({ nodePath: '/opt/$HOME/node' }, 'SERVICE_WORD_UNSAFE');
});

test('names of users, groups and units are plain words', () => {
  for (const word of ['root x', '%u', '', 'a\nb', '-a', 'ñ', 'a'.repeat(32)]) {
    refuses({ user: word }, 'SERVICE_NAME_INVALID');
    refuses({ name: word }, 'SERVICE_NAME_INVALID');
    refuses({ groups: [word] }, 'SERVICE_NAME_INVALID');
  }
});

test('whatever a path holds, the unit keeps its lines', () => {
  const lines = unitText(settings).split('\n').length;
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
      try {
        assert.equal(unitText({ ...settings, configPath: `/${name}` }).split('\n').length, lines);
      } catch (error) {
        assert.ok(error instanceof AlmadiaError, String(error));
      }
    }),
  );
});

test('systemd takes the unit, also with a hostile path', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-unit-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'almadia.service');
  const unit = { ...settings, nodePath: process.execPath, programPath: process.execPath, user: 'root' };
  writeFileSync(
    file,
    unitText({ ...unit, configPath: '/etc/100%n "$x".yaml', directory: '/srv/a %n "$b"', readAll: true }),
  );
  const words = ['verify', '--man=no', file];
  const result = await nodeCommands
    .run('systemd-analyze', words, { timeoutMs: 60_000 })
    .catch((error: unknown) => {
      if (error instanceof CommandError && error.code === 'ENOENT') return null;
      throw error;
    });
  if (result === null) {
    context.skip('systemd-analyze is not installed here');
    return;
  }
  assert.equal(result.errors, '');
  assert.equal(result.status, 0);
});

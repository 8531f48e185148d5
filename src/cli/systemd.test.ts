import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CommandError, type Commands } from '../host/commands.ts';
import type { Disk } from '../host/disk.ts';
import { AlmadiaError } from '../host/errors.ts';
import { createHost } from '../host/node/host.ts';
import {
  existingGroups,
  installService,
  serviceEnvironment,
  serviceStatus,
  uninstallService,
  unitPath,
} from './systemd.ts';
import type { UnitSettings } from './systemd-unit.ts';
import { unitText } from './systemd-unit.ts';

const settings: UnitSettings = {
  name: 'almadia',
  user: 'collector',
  groups: [],
  nodePath: '/usr/bin/node',
  programPath: '/opt/almadia/bin/almadia',
  configPath: '/etc/almadia/almadia.yaml',
  directory: '/var/lib/almadia',
  writablePaths: ['/srv/spool'],
  readAll: false,
};

/** A machine whose root is a temporary directory; `answer` gives a program's exit status. */
function machineOf(context: TestContext, answer: (line: string) => number | string = () => 0) {
  const root = mkdtempSync(join(tmpdir(), 'almadia-systemd-'));
  context.after(() => rmSync(root, { recursive: true }));
  for (const path of ['/run/systemd/system', '/etc/systemd/system', '/etc/almadia']) {
    mkdirSync(root + path, { recursive: true });
  }
  writeFileSync(`${root}${settings.configPath}`, 'output: {}\n');
  const ran: string[] = [];
  const commands: Commands = {
    run: async (program, words) => {
      const line = [program, ...words].join(' ');
      ran.push(line);
      const result = answer(line);
      return typeof result === 'string'
        ? { status: 0, output: result, errors: '' }
        : { status: result, output: '', errors: 'it said no\n' };
    },
  };
  return { root, ran, machine: { disk: below(createHost().disk, root), commands, userName: 'ana' } };
}

/** The disk with every path taken to lie below `root`. */
function below(disk: Disk, root: string): Disk {
  return {
    ...disk,
    open: (path, mode, permissions) => disk.open(root + path, mode, permissions),
    stat: (path) => disk.stat(root + path),
    rename: (from, to) => disk.rename(root + from, root + to),
    unlink: (path) => disk.unlink(root + path),
    syncDirectory: (path) => disk.syncDirectory(root + path),
    allows: (path, access) => disk.allows(root + path, access),
  };
}

function withCode(code: string, part = ''): (error: unknown) => boolean {
  return (error) => error instanceof AlmadiaError && error.code === code && error.message.includes(part);
}

test('installs the unit, makes its user, and starts it', async (context) => {
  const { root, ran, machine } = machineOf(context, (line) => (line.startsWith('id ') ? 1 : 0));
  await installService(machine, settings);
  assert.equal(readFileSync(root + unitPath('almadia'), 'utf8'), unitText(settings));
  assert.ok(ran.some((line) => /^useradd --system .*--shell \/usr\/sbin\/nologin collector$/.test(line)));
  assert.deepEqual(ran.slice(-3), [
    'systemctl daemon-reload',
    'systemctl enable almadia',
    'systemctl restart almadia',
  ]);
});

test('a known user is not made again, and installing twice replaces the unit', async (context) => {
  const { root, ran, machine } = machineOf(context);
  await installService(machine, settings);
  await installService(machine, { ...settings, readAll: true });
  assert.match(readFileSync(root + unitPath('almadia'), 'utf8'), /CAP_DAC_READ_SEARCH/);
  assert.ok(!ran.some((line) => line.startsWith('useradd')));
});

test('a closed configuration is opened for the group of the user alone', async (context) => {
  let opened = false;
  const { ran, machine } = machineOf(context, (line) => {
    if (line.startsWith('chmod g+r')) opened = true;
    return line.includes(`test -r ${settings.configPath}`) && !opened ? 1 : 0;
  });
  await installService(machine, settings);
  assert.ok(ran.includes(`chgrp -- collector ${settings.configPath}`));
});

test('what the user cannot reach is named, and nothing is installed', async (context) => {
  for (const [path, access] of [
    [settings.nodePath, 'run'],
    [settings.programPath, 'read'],
    ['/srv/spool', 'write'],
  ] as const) {
    const { root, machine } = machineOf(context, (line) =>
      line.startsWith('runuser') && line.endsWith(path) ? 1 : 0,
    );
    await assert.rejects(
      installService(machine, settings),
      withCode('SERVICE_UNREACHABLE', `${access} ${path}`),
    );
    assert.ok(!existsSync(root + unitPath('almadia')));
  }
});

test('a configuration that is not there is named', async (context) => {
  const { machine } = machineOf(context, (line) => (line.includes('test -r /etc/almadia/none') ? 1 : 0));
  const failing = installService(machine, { ...settings, configPath: '/etc/almadia/none.yaml' });
  await assert.rejects(failing, withCode('SERVICE_UNREACHABLE', '/etc/almadia/none.yaml'));
});

test('without systemd, without root, or over a foreign unit nothing is changed', async (context) => {
  const first = machineOf(context);
  rmSync(`${first.root}/run/systemd/system`, { recursive: true });
  await assert.rejects(installService(first.machine, settings), withCode('SERVICE_NO_SYSTEMD'));

  const second = machineOf(context);
  const locked = { ...second.machine.disk, allows: async () => false };
  const asUser = { ...second.machine, disk: locked };
  await assert.rejects(installService(asUser, settings), withCode('SERVICE_NEEDS_ROOT', 'ana'));
  await assert.rejects(uninstallService(asUser, 'almadia'), withCode('SERVICE_NEEDS_ROOT'));

  const third = machineOf(context);
  writeFileSync(third.root + unitPath('almadia'), '[Unit]\n');
  await assert.rejects(installService(third.machine, settings), withCode('SERVICE_FOREIGN'));
  await assert.rejects(uninstallService(third.machine, 'almadia'), withCode('SERVICE_FOREIGN'));
  assert.deepEqual([...first.ran, ...second.ran, ...third.ran], []);
});

test('what systemd refuses is told with its own words', async (context) => {
  const { machine } = machineOf(context, (line) => (line === 'systemctl restart almadia' ? 1 : 0));
  await assert.rejects(installService(machine, settings), withCode('SERVICE_FAILED', 'it said no'));
  const broken: Commands = { run: () => Promise.reject(new CommandError('ENOENT', 'no such program')) };
  await assert.rejects(
    serviceStatus({ ...machine, commands: broken }, 'almadia'),
    withCode('SERVICE_FAILED', 'ENOENT'),
  );
});

test('uninstalling stops and removes the unit, and says when there was none', async (context) => {
  const { root, ran, machine } = machineOf(context);
  assert.equal(await uninstallService(machine, 'almadia'), false);
  await installService(machine, settings);
  assert.equal(await uninstallService(machine, 'almadia'), true);
  assert.ok(!existsSync(root + unitPath('almadia')));
  assert.deepEqual(ran.slice(-2), ['systemctl disable --now almadia', 'systemctl daemon-reload']);
});

test('tells the state of the service as systemd knows it', async (context) => {
  const shown = 'NRestarts=2\nMainPID=77\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n';
  const { machine } = machineOf(context, () => shown);
  assert.deepEqual(await serviceStatus(machine, 'almadia'), {
    installed: true,
    active: 'active',
    enabled: 'enabled',
    pid: 77,
    restarts: 2,
  });
  const none = machineOf(
    context,
    () => 'MainPID=0\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n',
  );
  const status = await serviceStatus(none.machine, 'almadia');
  assert.deepEqual([status.installed, status.pid, status.enabled], [false, null, 'disabled']);
});

test('only groups that the machine has are asked for', async (context) => {
  const { machine } = machineOf(context, (line) => (line === 'getent group adm' ? 0 : 2));
  assert.deepEqual(await existingGroups(machine.commands, ['adm', 'systemd-journal']), ['adm']);
});

test('the environment is the one that the unit will have', async (context) => {
  const { root, machine } = machineOf(context);
  assert.deepEqual(await serviceEnvironment(machine.disk, 'almadia'), {
    STATE_DIRECTORY: '/var/lib/almadia',
  });
  writeFileSync(`${root}/etc/almadia/almadia.env`, '# key\nALMADIA_KEY="s3cret"\n');
  const environment = await serviceEnvironment(machine.disk, 'almadia');
  assert.equal(environment.ALMADIA_KEY, 's3cret');
});

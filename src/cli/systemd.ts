/**
 * Installs, removes and looks at the agent's systemd unit.
 *
 * Order of an installation: look first (systemd, root, a foreign unit), then the user, then whether that user reaches
 * everything, then the unit's file, then systemd. What fails leaves a running service as it was.
 */
import { parseEnvFile } from '../config/env-file.ts';
import { CommandError, type CommandResult, type Commands } from '../host/commands.ts';
import type { Disk } from '../host/disk.ts';
import { diskCode } from '../host/disk.ts';
import { AlmadiaError } from '../host/errors.ts';
import { readFile, writeFile } from '../host/files.ts';
import type { UnitSettings } from './systemd-unit.ts';
import { checkName, environmentPath, stateDirectory, unitMark, unitText } from './systemd-unit.ts';

export interface Machine {
  readonly disk: Disk;
  readonly commands: Commands;
  /** As whom this program runs; for messages. */
  readonly userName: string;
}

export interface ServiceStatus {
  readonly installed: boolean;
  /** As systemd names it: active, inactive, failed, activating, … */
  readonly active: string;
  /** enabled, disabled, … */
  readonly enabled: string;
  readonly pid: number | null;
  readonly restarts: number;
}

const unitDirectory = '/etc/systemd/system';
/** systemctl waits for the service to stop, which takes up to 15 s. */
const timeoutMs = 60_000;
const unitBytesMax = 64 * 1024;
const environmentBytesMax = 64 * 1024;

export function unitPath(name: string): string {
  return `${unitDirectory}/${name}.service`;
}

/** Those of the groups that the machine has; without `getent` none is known. */
export async function existingGroups(
  commands: Commands,
  groups: readonly string[],
): Promise<readonly string[]> {
  const found = await Promise.all(
    groups.map((group) =>
      commands.run('getent', ['group', group], { timeoutMs }).then(
        (result) => result.status === 0,
        () => false,
      ),
    ),
  );
  return groups.filter((_, index) => found[index]);
}

/** What the unit's environment file gives, as far as this user may read it. */
export async function serviceEnvironment(
  disk: Disk,
  name: string,
): Promise<Readonly<Record<string, string>>> {
  const bytes = await readFile(disk, environmentPath(name), environmentBytesMax).catch(() => null);
  const { entries } = parseEnvFile(Buffer.from(bytes ?? []).toString());
  const values = [...entries].map(([key, entry]) => [key, entry.value] as const);
  return { ...Object.fromEntries(values), STATE_DIRECTORY: stateDirectory(name) };
}

/** Throws SERVICE_NO_SYSTEMD or SERVICE_NEEDS_ROOT. */
export async function requireMachine(machine: Machine): Promise<void> {
  await requireSystemd(machine);
  await requireRoot(machine);
}

/** Installs and starts; an earlier installation is replaced and restarted. Throws `AlmadiaError` SERVICE_*. */
export async function installService(machine: Machine, settings: UnitSettings): Promise<void> {
  const text = unitText(settings);
  await requireMachine(machine);
  await refuseForeign(machine, settings.name);
  await ensureUser(machine, settings);
  await requireReach(machine, settings);
  const unit = { bytes: Buffer.from(text), permissions: 0o644 };
  await writeFile(machine.disk, unitPath(settings.name), unit);
  await systemctl(machine, settings.name, ['daemon-reload']);
  await systemctl(machine, settings.name, ['enable', settings.name]);
  await systemctl(machine, settings.name, ['restart', settings.name]);
}

/** Stops and removes the unit; the state directory and the user stay. False: there was none. */
export async function uninstallService(machine: Machine, name: string): Promise<boolean> {
  checkName(name);
  await requireMachine(machine);
  await refuseForeign(machine, name);
  if ((await readUnit(machine, name)) === null) return false;
  await systemctl(machine, name, ['disable', '--now', name]);
  await machine.disk.unlink(unitPath(name));
  await systemctl(machine, name, ['daemon-reload']);
  return true;
}

export async function serviceStatus(machine: Machine, name: string): Promise<ServiceStatus> {
  checkName(name);
  await requireSystemd(machine);
  const properties = 'LoadState,ActiveState,UnitFileState,MainPID,NRestarts';
  const { output } = await systemctl(machine, name, ['show', `${name}.service`, `--property=${properties}`]);
  const value = (property: string) => new RegExp(`^${property}=(.*)$`, 'm').exec(output)?.[1] ?? '';
  const pid = Number(value('MainPID'));
  return {
    installed: value('LoadState') === 'loaded',
    active: value('ActiveState') || 'unknown',
    enabled: value('UnitFileState') || 'disabled',
    pid: pid > 0 ? pid : null,
    restarts: Number(value('NRestarts')) || 0,
  };
}

/** As sd_booted(3) tells it. */
async function requireSystemd({ disk }: Machine): Promise<void> {
  const directory = '/run/systemd/system';
  const stat = await disk.stat(directory).catch(() => null);
  if (stat?.kind !== 'directory') {
    throw new AlmadiaError('SERVICE_NO_SYSTEMD', { cause: directory });
  }
}

async function requireRoot({ disk, userName }: Machine): Promise<void> {
  if (await disk.allows(unitDirectory, 'write')) return;
  throw new AlmadiaError('SERVICE_NEEDS_ROOT', { user: userName, path: unitDirectory });
}

async function refuseForeign(machine: Machine, name: string): Promise<void> {
  const text = await readUnit(machine, name);
  if (text !== null && !text.startsWith(unitMark)) {
    throw new AlmadiaError('SERVICE_FOREIGN', { path: unitPath(name) });
  }
}

async function readUnit({ disk }: Machine, name: string): Promise<string | null> {
  const bytes = await readFile(disk, unitPath(name), unitBytesMax);
  return bytes === null ? null : Buffer.from(bytes).toString();
}

/** A system user without a shell, a password and a home of its own. */
async function ensureUser(machine: Machine, { name, user }: UnitSettings): Promise<void> {
  const known = await command(machine, name, ['id', '-u', user]);
  if (known.status === 0) return;
  const words = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
  await must(machine, name, ['useradd', ...words, '--shell', '/usr/sbin/nologin', user]);
}

/**
 * Asks as the service's user. The configuration holds a key, so it is usually closed to others: it is given to the
 * user's group to read, and nobody else. Directories that the configuration names must be there already.
 */
async function requireReach(machine: Machine, settings: UnitSettings): Promise<void> {
  const { name, user, configPath } = settings;
  const can = async (flag: string, path: string) =>
    (await command(machine, name, ['runuser', '-u', user, '--', 'test', flag, path])).status === 0;
  const require = async (flag: '-r' | '-w' | '-x', path: string) => {
    if (await can(flag, path)) return;
    const access = flag === '-r' ? 'read' : flag === '-w' ? 'write' : 'run';
    throw new AlmadiaError('SERVICE_UNREACHABLE', { user, path, access });
  };
  await require('-x', settings.nodePath);
  await require('-r', settings.programPath);
  if (!(await can('-r', configPath))) {
    await requireFile(machine, settings);
    await must(machine, name, ['chgrp', '--', user, configPath]);
    await must(machine, name, ['chmod', 'g+r', '--', configPath]);
    await require('-r', configPath);
  }
  for (const path of settings.writablePaths) await require('-w', path);
}

async function requireFile({ disk }: Machine, { user, configPath }: UnitSettings): Promise<void> {
  const stat = await disk.stat(configPath).catch((error: unknown) => {
    if (diskCode(error) !== null) return null;
    throw error;
  });
  if (stat?.kind === 'file') return;
  throw new AlmadiaError('SERVICE_UNREACHABLE', { user, path: configPath, access: 'read' });
}

function systemctl(machine: Machine, name: string, words: readonly string[]): Promise<CommandResult> {
  return must(machine, name, ['systemctl', ...words]);
}

async function must(machine: Machine, name: string, words: readonly string[]): Promise<CommandResult> {
  const result = await command(machine, name, words);
  if (result.status === 0) return result;
  const cause = result.errors.trim() || result.output.trim() || `status ${result.status}`;
  throw new AlmadiaError('SERVICE_FAILED', { command: words.join(' '), cause, name });
}

async function command(machine: Machine, name: string, words: readonly string[]): Promise<CommandResult> {
  try {
    return await machine.commands.run(words[0]!, words.slice(1), { timeoutMs });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new AlmadiaError('SERVICE_FAILED', { command: words.join(' '), cause: error.code, name });
  }
}

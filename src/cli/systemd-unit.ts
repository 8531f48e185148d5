/**
 * The systemd unit of the agent, as text. Pure: what to write is decided here, who writes it is in `systemd.ts`.
 *
 * Paths and names come from people and may hold anything; `quoted` (systemd.syntax(7), systemd.service(5)) keeps each
 * of them one word, and what cannot be written in a unit is refused, never mended.
 */
import { AlmadiaError } from '../host/errors.ts';

export interface UnitSettings {
  /** Of the unit and of its directory under /var/lib. */
  readonly name: string;
  readonly user: string;
  /** Groups whose logs it may read; each must exist, or systemd refuses to start the unit. */
  readonly groups: readonly string[];
  /** Absolute paths of node, of bin/almadia and of the configuration. */
  readonly nodePath: string;
  readonly programPath: string;
  readonly configPath: string;
  /** Its working directory, absolute. */
  readonly directory: string;
  /** Absolute directories besides its own in which the configuration makes it write. */
  readonly writablePaths: readonly string[];
  /** Lets it read every file of the machine (CAP_DAC_READ_SEARCH). */
  readonly readAll: boolean;
}

/** Stands in the first line of every unit that is ours. */
export const unitMark = '# Written by `almadia service install`; it is replaced at the next installation.';

/** Throws `AlmadiaError` SERVICE_WORD_UNSAFE, SERVICE_NAME_INVALID. */
export function unitText(settings: UnitSettings): string {
  const { name, user } = settings;
  for (const word of [name, user, ...settings.groups]) checkName(word);
  if (settings.nodePath.includes('$')) throw unsafe(settings.nodePath);
  const start = [
    // systemd expands no variables in the program's own path, so `$` has no escape there.
    quoted(settings.nodePath),
    quotedForExec(settings.programPath),
    'run',
    '--config',
    quotedForExec(settings.configPath),
  ];
  return `${[
    unitMark,
    '[Unit]',
    'Description=Almadia log agent',
    'Wants=network-online.target',
    'After=network-online.target',
    '# Waits for a lost destination are its own; systemd must not give up on it.',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${start.join(' ')}`,
    'ExecReload=/bin/kill -HUP $MAINPID',
    'Restart=always',
    'RestartSec=5',
    '# It drains for up to 10 s.',
    'TimeoutStopSec=15',
    '# Keys that the configuration takes from the environment; read by root, absent when not needed.',
    `EnvironmentFile=-${environmentPath(name)}`,
    '',
    `User=${user}`,
    `Group=${user}`,
    ...(settings.groups.length > 0 ? [`SupplementaryGroups=${settings.groups.join(' ')}`] : []),
    `StateDirectory=${name}`,
    'StateDirectoryMode=0700',
    `WorkingDirectory=${plain(settings.directory)}`,
    ...settings.writablePaths.map((path) => `ReadWritePaths=${quoted(path)}`),
    'UMask=0077',
    '',
    ...capabilities(settings.readAll),
    ...confinement,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ].join('\n')}\n`;
}

/** Its own directory, which systemd makes, and names to it in $STATE_DIRECTORY. */
export function stateDirectory(name: string): string {
  return `/var/lib/${name}`;
}

export function environmentPath(name: string): string {
  return `/etc/almadia/${name}.env`;
}

/** What becomes of a unit's name or a user's name that is not plain: SERVICE_NAME_INVALID. */
export function checkName(name: string): void {
  if (!/^[a-z_][a-z0-9_-]{0,30}$/.test(name))
    throw new AlmadiaError('SERVICE_NAME_INVALID', { name: JSON.stringify(name) });
}

function capabilities(readAll: boolean): readonly string[] {
  const granted = readAll ? 'CAP_DAC_READ_SEARCH' : '';
  return [`CapabilityBoundingSet=${granted}`, `AmbientCapabilities=${granted}`];
}

/**
 * Not here on purpose: MemoryDenyWriteExecute, because the engine compiles at run time; ProcSubset=pid, because the
 * agent reads the limits of file events in /proc/sys; `~@resources`, because node raises its limit of open files.
 */
const confinement: readonly string[] = [
  'NoNewPrivileges=yes',
  'ProtectSystem=strict',
  'ProtectHome=read-only',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectProc=invisible',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'ProtectControlGroups=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'LockPersonality=yes',
  'RemoveIPC=yes',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallFilter=~@privileged',
  'SystemCallErrorNumber=EPERM',
  '# It needs about 100 MB; beyond this something is wrong with it, and the machine comes first.',
  'MemoryMax=512M',
  'TasksMax=64',
];

/** One word of a unit's value: quotes and backslashes escaped, `%` doubled. Line ends and other controls are refused. */
function quoted(word: string): string {
  if (/[\p{Cc}\p{Cs}]/u.test(word) || word === '') throw unsafe(word);
  return `"${word.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%')}"`;
}

/** Some settings take the rest of the line as it is, without quotes; `%` alone means something there. */
function plain(path: string): string {
  if (/[\p{Cc}\p{Cs}]/u.test(path) || path !== path.trim() || path.endsWith('\\')) throw unsafe(path);
  return path.replaceAll('%', '%%');
}

/** In a command line `$` begins a variable, and `$$` is one `$`. */
function quotedForExec(word: string): string {
  return quoted(word).replaceAll('$', '$$$$');
}

function unsafe(word: string): AlmadiaError {
  return new AlmadiaError('SERVICE_WORD_UNSAFE', { word: JSON.stringify(word) });
}

/** `almadia service`: the agent as a systemd service. */
import { dirname, resolve } from 'node:path';
import type { ConfigResult } from '../config/load.ts';
import { loadConfig } from '../config/load.ts';
import { nodeCommands } from '../host/node/commands.ts';
import type { AgentSettings } from '../settings/agent.ts';
import type { CommandContext } from './command.ts';
import { tellProblems } from './config-options.ts';
import { say } from './messages.ts';
import type { Machine } from './systemd.ts';
import {
  existingGroups,
  installService,
  requireMachine,
  serviceEnvironment,
  serviceStatus,
  uninstallService,
  unitPath,
} from './systemd.ts';
import type { UnitSettings } from './systemd-unit.ts';
import { checkName, stateDirectory, unitText } from './systemd-unit.ts';

/** On Debian, Red Hat and their relatives: who may read /var/log, and the journal. */
const logGroups = ['adm', 'systemd-journal'] as const;

export async function install(context: CommandContext): Promise<number> {
  const machine = machineOf(context);
  await requireMachine(machine);
  const base = await settingsFrom(context);
  const config = await configFor(context, base);
  if (config.kind === 'invalid') {
    tellProblems(context, config.problems);
    return 2;
  }
  const settings = {
    ...base,
    writablePaths: await writablePaths(context, config.config.settings, base.name),
  };
  await installService(machine, settings);
  const values = { path: unitPath(settings.name), name: settings.name };
  context.console.out(say(context.language, 'serviceInstalled', values));
  return 0;
}

export async function uninstall(context: CommandContext): Promise<number> {
  const name = nameFrom(context);
  const removed = await uninstallService(machineOf(context), name);
  const key = removed ? 'serviceRemoved' : 'serviceAbsent';
  context.console.out(say(context.language, key, { name }));
  return 0;
}

export async function status(context: CommandContext): Promise<number> {
  const name = nameFrom(context);
  const found = await serviceStatus(machineOf(context), name);
  if (context.options.flag('json')) {
    context.console.out(`${JSON.stringify({ name, ...found })}\n`);
  } else {
    const { active, enabled, restarts } = found;
    const values = { name, active, enabled, restarts, pid: found.pid ?? '-' };
    const key = found.installed ? 'serviceStatus' : 'serviceAbsent';
    context.console.out(say(context.language, key, values));
  }
  return found.active === 'active' ? 0 : 1;
}

/** A configuration that is missing or wrong is no reason not to show the unit. */
export async function print(context: CommandContext): Promise<number> {
  const base = await settingsFrom(context);
  const config = await configFor(context, base);
  const paths =
    config.kind === 'loaded' ? await writablePaths(context, config.config.settings, base.name) : [];
  context.console.out(unitText({ ...base, writablePaths: paths }));
  return 0;
}

function machineOf({ host }: CommandContext): Machine {
  return { disk: host.disk, commands: nodeCommands, userName: host.process.userName };
}

function nameFrom({ options }: CommandContext): string {
  return options.text('name') ?? 'almadia';
}

async function settingsFrom(context: CommandContext): Promise<UnitSettings> {
  const { host, options } = context;
  const absolute = (path: string) => resolve(host.process.workingDirectory, path);
  const name = nameFrom(context);
  checkName(name);
  return {
    name,
    user: options.text('user') ?? 'almadia',
    groups: await existingGroups(nodeCommands, logGroups),
    nodePath: process.execPath,
    programPath: await host.disk.realPath(absolute(process.argv[1] ?? '')),
    configPath: absolute(options.text('config') ?? ''),
    directory: absolute(options.text('directory') ?? stateDirectory(name)),
    writablePaths: [],
    readAll: options.flag('read-all'),
  };
}

/** The configuration as the service will see it: with its directory and its environment, and nothing of ours. */
async function configFor({ host }: CommandContext, unit: UnitSettings): Promise<ConfigResult> {
  const environment = await serviceEnvironment(host.disk, unit.name);
  const process = { ...host.process, environment, workingDirectory: unit.directory };
  return loadConfig({ disk: host.disk, random: host.random, process }, { file: unit.configPath });
}

/** The directories beyond its own in which the agent will write. The state's may have to be made: then its parent. */
async function writablePaths(
  { host }: CommandContext,
  { agent, output, takeover }: AgentSettings,
  name: string,
): Promise<readonly string[]> {
  const files = [agent.logFile ?? '', output.path];
  if (takeover.kind === 'sync-logs') files.push(...takeover.stateFiles);
  if (takeover.kind === 'ila-soc') files.push(takeover.bufferFile);
  const own = stateDirectory(name);
  const inOwn = (path: string) => path === own || path.startsWith(`${own}/`);
  const state = await host.disk.stat(agent.stateDirectory).catch(() => null);
  const made = inOwn(agent.stateDirectory) || state?.kind === 'directory';
  const beyond = [
    made ? agent.stateDirectory : dirname(agent.stateDirectory),
    ...files.filter((path) => path !== '').map((path) => dirname(path)),
  ].filter((path) => !inOwn(path));
  return [...new Set(beyond)].sort();
}

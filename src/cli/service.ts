/** `almadia service`: the agent as a systemd service. */
import { resolve } from 'node:path';
import { nodeCommands } from '../host/node/commands.ts';
import type { CommandContext, CommandDescription, CommandOption } from './command.ts';
import { say } from './messages.ts';
import type { Machine } from './systemd.ts';
import { existingGroups, installService, serviceStatus, uninstallService, unitPath } from './systemd.ts';
import type { UnitSettings } from './systemd-unit.ts';
import { unitText } from './systemd-unit.ts';

/** On Debian, Red Hat and their relatives: who may read /var/log, and the journal. */
const logGroups = ['adm', 'systemd-journal'] as const;

const nameOption: CommandOption = {
  flags: '--name <name>',
  text: {
    en: 'name of the unit and of its directory in /var/lib',
    es: 'nombre de la unidad y de su directorio en /var/lib',
  },
  default: 'almadia',
};

const unitOptions: readonly CommandOption[] = [
  {
    flags: '--config <file>',
    text: { en: 'configuration of the agent', es: 'configuración del agente' },
    default: '/etc/almadia/almadia.yaml',
  },
  nameOption,
  {
    flags: '--user <user>',
    text: {
      en: 'user as whom it runs; made where it does not exist',
      es: 'usuario con el que funciona; se crea si no existe',
    },
    default: 'almadia',
  },
  {
    flags: '--write <directory>',
    text: {
      en: 'a directory besides /var/lib/NAME that the agent may write in (several: separated by commas)',
      es: 'un directorio además de /var/lib/NOMBRE en el que el agente puede escribir (varios: separados por comas)',
    },
  },
  {
    flags: '--read-all',
    text: {
      en: 'let it read every file of the machine (CAP_DAC_READ_SEARCH)',
      es: 'permitirle leer todos los archivos de la máquina (CAP_DAC_READ_SEARCH)',
    },
  },
];

const exits: CommandDescription['exits'] = [
  { code: 0, text: { en: 'done', es: 'hecho' } },
  { code: 2, text: { en: 'the command line is wrong', es: 'la línea de órdenes es incorrecta' } },
  {
    code: 3,
    text: {
      en: 'no root, no systemd, or systemd refuses',
      es: 'sin root, sin systemd, o systemd se niega',
    },
  },
];

export const command: CommandDescription = {
  name: 'service',
  summary: {
    en: 'Runs the agent as a systemd service',
    es: 'Ejecuta el agente como servicio de systemd',
  },
  details: {
    en: 'The service has a user of its own, reads logs through the groups adm and systemd-journal, and may write in /var/lib/NAME alone, which is also its working directory. Variables for the configuration, such as ALMADIA_KEY, are read from /etc/almadia/NAME.env.',
    es: 'El servicio tiene un usuario propio, lee los logs por los grupos adm y systemd-journal, y solo puede escribir en /var/lib/NOMBRE, que es también su directorio de trabajo. Las variables de la configuración, como ALMADIA_KEY, se leen de /etc/almadia/NOMBRE.env.',
  },
  options: [],
  exits: [],
  commands: [
    {
      name: 'install',
      summary: {
        en: 'Installs and starts the service (needs root)',
        es: 'Instala y arranca el servicio (necesita root)',
      },
      options: unitOptions,
      exits,
      run: install,
    },
    {
      name: 'uninstall',
      summary: {
        en: 'Stops and removes the service; what it remembers stays (needs root)',
        es: 'Detiene y quita el servicio; lo que recuerda se conserva (necesita root)',
      },
      options: [nameOption],
      exits,
      run: uninstall,
    },
    {
      name: 'status',
      summary: { en: 'Tells whether it is installed and runs', es: 'Dice si está instalado y funciona' },
      options: [nameOption, { flags: '--json', text: { en: 'as JSON', es: 'en JSON' } }],
      exits: [
        { code: 0, text: { en: 'it runs', es: 'funciona' } },
        { code: 1, text: { en: 'it does not', es: 'no funciona' } },
        { code: 3, text: { en: 'no systemd', es: 'sin systemd' } },
      ],
      run: status,
    },
    {
      name: 'print',
      summary: {
        en: 'Writes the unit to standard output and changes nothing',
        es: 'Escribe la unidad en la salida estándar y no cambia nada',
      },
      options: unitOptions,
      exits: exits.filter(({ code }) => code !== 3),
      run: print,
    },
  ],
};

async function install(context: CommandContext): Promise<number> {
  const settings = await settingsFrom(context);
  await installService(machineOf(context), settings);
  const values = { path: unitPath(settings.name), name: settings.name };
  context.console.out(say(context.language, 'serviceInstalled', values));
  return 0;
}

async function uninstall(context: CommandContext): Promise<number> {
  const name = nameFrom(context);
  const removed = await uninstallService(machineOf(context), name);
  const key = removed ? 'serviceRemoved' : 'serviceAbsent';
  context.console.out(say(context.language, key, { name }));
  return 0;
}

async function status(context: CommandContext): Promise<number> {
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

async function print(context: CommandContext): Promise<number> {
  context.console.out(unitText(await settingsFrom(context)));
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
  const writable = (options.text('write') ?? '').split(',').filter((path) => path !== '');
  return {
    name: nameFrom(context),
    user: options.text('user') ?? 'almadia',
    groups: await existingGroups(nodeCommands, logGroups),
    nodePath: process.execPath,
    programPath: await host.disk.realPath(absolute(process.argv[1] ?? '')),
    configPath: absolute(options.text('config') ?? ''),
    writablePaths: writable.map(absolute),
    readAll: options.flag('read-all'),
  };
}

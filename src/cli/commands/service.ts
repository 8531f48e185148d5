/** What `almadia service` is called, takes and says. */
import type { CommandDescription, CommandOption } from '../command.ts';

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
    flags: '--directory <directory>',
    text: {
      en: 'where it starts, and from where relative paths of .env and config.json are taken (else /var/lib/NAME)',
      es: 'dónde arranca, y desde dónde se toman las rutas relativas de .env y config.json (si no, /var/lib/NOMBRE)',
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
  {
    code: 2,
    text: {
      en: 'the command line or the configuration is wrong',
      es: 'la línea de órdenes o la configuración son incorrectas',
    },
  },
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
    en: 'The service has a user of its own, reads logs through the groups adm and systemd-journal, and may write in /var/lib/NAME ($STATE_DIRECTORY) and where the configuration says so. Variables for the configuration, such as ALMADIA_KEY, are read from /etc/almadia/NAME.env.',
    es: 'El servicio tiene un usuario propio, lee los logs por los grupos adm y systemd-journal, y solo puede escribir en /var/lib/NOMBRE ($STATE_DIRECTORY) y donde lo diga la configuración. Las variables de la configuración, como ALMADIA_KEY, se leen de /etc/almadia/NOMBRE.env.',
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
      run: async (context) => (await import('../service.ts')).install(context),
    },
    {
      name: 'uninstall',
      summary: {
        en: 'Stops and removes the service; what it remembers stays (needs root)',
        es: 'Detiene y quita el servicio; lo que recuerda se conserva (necesita root)',
      },
      options: [nameOption],
      exits,
      run: async (context) => (await import('../service.ts')).uninstall(context),
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
      run: async (context) => (await import('../service.ts')).status(context),
    },
    {
      name: 'print',
      summary: {
        en: 'Writes the unit to standard output and changes nothing',
        es: 'Escribe la unidad en la salida estándar y no cambia nada',
      },
      options: unitOptions,
      exits: exits.filter(({ code }) => code !== 3),
      run: async (context) => (await import('../service.ts')).print(context),
    },
  ],
};

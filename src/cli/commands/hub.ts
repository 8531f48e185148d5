/** What `almadia hub` is called, takes and says. */
import type { CommandDescription, CommandOption } from '../command.ts';
import { jsonOption } from '../config-options.ts';

export const defaults = { port: '5000', listen: '127.0.0.1', data: './almadia-hub' } as const;

/** Read where `--key` is not given: a key on the command line can be seen by every user of the machine. */
export const keyVariable = 'ALMADIA_HUB_KEY';

const dataOption: CommandOption = {
  flags: '--data <directory>',
  text: { en: 'where lines are kept', es: 'dónde se guardan las líneas' },
  default: defaults.data,
};

const keysExits: CommandDescription['exits'] = [
  { code: 0, text: { en: 'done', es: 'hecho' } },
  { code: 2, text: { en: 'no such key, or no hub there', es: 'no existe esa clave, o no hay hub ahí' } },
  { code: 3, text: { en: 'the hub or its data refuses', es: 'el hub o sus datos se niegan' } },
];

const keys: CommandDescription = {
  name: 'keys',
  summary: {
    en: 'Adds, lists and revokes keys that deliver lines and read nothing',
    es: 'Añade, lista y revoca claves que entregan líneas y no leen nada',
  },
  options: [],
  exits: [],
  commands: [
    {
      name: 'add',
      summary: { en: 'Makes a key and shows it once', es: 'Crea una clave y la muestra una vez' },
      arguments: [
        { name: '<name>', text: { en: 'what it is called in lists', es: 'cómo se llama en las listas' } },
      ],
      options: [
        {
          flags: '--agent <id>',
          text: {
            en: 'the only agent that may use it (protocol A: the source); any without it',
            es: 'el único agente que puede usarla (protocolo A: el origen); sin ella, cualquiera',
          },
        },
        dataOption,
        jsonOption,
      ],
      exits: keysExits,
      run: async (context) => (await import('../hub-keys.ts')).add(context),
    },
    {
      name: 'list',
      summary: { en: 'Lists them, without anything secret', es: 'Las lista, sin nada secreto' },
      options: [dataOption, jsonOption],
      exits: keysExits,
      run: async (context) => (await import('../hub-keys.ts')).list(context),
    },
    {
      name: 'rotate',
      summary: {
        en: 'Makes another key for the same agent and shows it once; the old one is refused after a while',
        es: 'Crea otra clave para el mismo agente y la muestra una vez; la anterior se rechaza pasado un tiempo',
      },
      arguments: [{ name: '<id>', text: { en: 'as `list` gives it', es: 'como la da `list`' } }],
      options: [
        {
          flags: '--overlap <duration>',
          text: { en: 'how long both are valid', es: 'cuánto tiempo valen ambas' },
          default: '24h',
        },
        dataOption,
        jsonOption,
      ],
      exits: keysExits,
      run: async (context) => (await import('../hub-keys.ts')).rotate(context),
    },
    {
      name: 'revoke',
      summary: { en: 'Refuses one from now on', es: 'Rechaza una desde ahora' },
      arguments: [{ name: '<id>', text: { en: 'as `list` gives it', es: 'como la da `list`' } }],
      options: [dataOption],
      exits: keysExits,
      run: async (context) => (await import('../hub-keys.ts')).revoke(context),
    },
  ],
};

const copyExits: CommandDescription['exits'] = [
  { code: 0, text: { en: 'copied, on the disk and proved', es: 'copiado, en el disco y comprobado' } },
  { code: 2, text: { en: 'no hub there, or something there already', es: 'no hay hub ahí, o ya hay algo' } },
  { code: 3, text: { en: 'the disk or the hub refuses', es: 'el disco o el hub se niegan' } },
];

const backup: CommandDescription = {
  name: 'backup',
  summary: {
    en: 'Copies what the hub keeps into a directory, while it runs or not',
    es: 'Copia lo que guarda el hub a un directorio, esté en marcha o no',
  },
  arguments: [{ name: '<directory>', text: { en: 'a new one, or an empty one', es: 'uno nuevo, o vacío' } }],
  options: [dataOption],
  exits: copyExits,
  run: async (context) => (await import('../hub-backup.ts')).backup(context),
};

const restore: CommandDescription = {
  name: 'restore',
  summary: {
    en: 'Makes a data directory from a back-up; agents send again what it lacks',
    es: 'Crea un directorio de datos a partir de una copia; los agentes reenvían lo que le falte',
  },
  arguments: [{ name: '<directory>', text: { en: 'of the back-up', es: 'el de la copia' } }],
  options: [dataOption],
  exits: copyExits,
  run: async (context) => (await import('../hub-backup.ts')).restore(context),
};

const check: CommandDescription = {
  name: 'check',
  summary: {
    en: 'Proves what a stopped hub keeps: the file, every stored byte, every link',
    es: 'Comprueba lo que guarda un hub detenido: el archivo, cada byte y cada eslabón',
  },
  options: [
    dataOption,
    { flags: '--repair', text: { en: 'make the indexes anew before', es: 'rehacer antes los índices' } },
  ],
  exits: [
    { code: 0, text: { en: 'all is whole', es: 'todo está entero' } },
    { code: 1, text: { en: 'something is not, and is named', es: 'algo no lo está, y se nombra' } },
    { code: 2, text: { en: 'no hub there', es: 'no hay hub ahí' } },
    {
      code: 3,
      text: { en: 'a hub runs on it, or it cannot be read', es: 'un hub lo usa, o no se puede leer' },
    },
  ],
  run: async (context) => (await import('../hub-check.ts')).check(context),
};

export const command: CommandDescription = {
  name: 'hub',
  summary: {
    en: 'Runs the hub: receives lines, keeps them, and shows them on a page',
    es: 'Ejecuta el hub: recibe líneas, las guarda y las muestra en una página',
  },
  details: {
    en: `Without --key, --key-file and ${keyVariable}, a key is generated at the first start and printed once; only its hash is kept. The hub speaks plain HTTP: for other machines, put a proxy with TLS before it.`,
    es: `Sin --key, --key-file ni ${keyVariable}, se genera una clave en el primer inicio y se imprime una vez; solo se guarda su hash. El hub habla HTTP sin cifrar: para otras máquinas, ponga delante un proxy con TLS.`,
  },
  options: [
    {
      flags: '--port <number>',
      text: { en: 'port to listen on; 0 takes any free one', es: 'puerto; 0 toma cualquiera libre' },
      default: defaults.port,
    },
    {
      flags: '--listen <address>',
      text: {
        en: 'address to listen on; 0.0.0.0 is every network of the machine',
        es: 'dirección en la que escucha; 0.0.0.0 es toda red de la máquina',
      },
      default: defaults.listen,
    },
    dataOption,
    {
      flags: '--keep <duration>',
      text: {
        en: 'how long lines are kept, such as 30d, where no rule of the hub names them; without it, for ever',
        es: 'cuánto se guardan las líneas, como 30d, si ninguna regla del hub las nombra; sin ella, siempre',
      },
    },
    {
      flags: '--keep-bytes <size>',
      text: {
        en: 'how much of them is kept, such as 100GiB of log files; the oldest go',
        es: 'cuánto de ellas se guarda, como 100GiB de archivos de log; se van las más antiguas',
      },
    },
    {
      flags: '--key <key>',
      text: {
        en: 'the key that agents and the page must bring',
        es: 'la clave que deben traer agentes y página',
      },
    },
    {
      flags: '--key-file <file>',
      text: { en: 'a file that holds this key', es: 'un archivo con esta clave' },
    },
  ],
  exits: [
    { code: 0, text: { en: 'stopped by a signal', es: 'detenido por una señal' } },
    { code: 2, text: { en: 'the command line is wrong', es: 'la línea de órdenes es incorrecta' } },
    {
      code: 3,
      text: {
        en: 'the machine refuses (disk, port, another hub on the same data)',
        es: 'la máquina se niega (disco, puerto, otro hub con los mismos datos)',
      },
    },
  ],
  commands: [keys, backup, restore, check],
  run: async (context) => (await import('../hub.ts')).run(context),
};

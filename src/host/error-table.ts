/** The texts behind `errors.ts`. Add a row here, and its line in docs/errors.md; everything else follows. */
import type { ErrorEntry } from './errors.ts';

export const errorTable = {
  STATE_LOCKED: {
    exit: 3,
    en: {
      what: 'another agent is using the state directory {path}',
      safe: 'nothing was read or changed',
      fix: 'look at it with `almadia status`; stop it first, or give this agent a directory of its own (agent.state_dir)',
    },
    es: {
      what: 'otro agente está usando el directorio de estado {path}',
      safe: 'no se ha leído ni cambiado nada',
      fix: 'mírelo con `almadia status`; deténgalo antes, o dé a este agente un directorio propio (agent.state_dir)',
    },
  },
  STATE_UNWRITABLE: {
    exit: 3,
    en: {
      what: 'cannot write in the state directory {path}: {cause}',
      safe: 'nothing was read; the log files are untouched',
      fix: 'make it writable for user {user}, or set agent.state_dir to a directory that is',
    },
    es: {
      what: 'no se puede escribir en el directorio de estado {path}: {cause}',
      safe: 'no se ha leído nada; los archivos de log están intactos',
      fix: 'déle permiso de escritura al usuario {user}, o indique en agent.state_dir un directorio que lo tenga',
    },
  },
  STATE_NEWER: {
    exit: 3,
    en: {
      what: 'the state in {path} has format {found}; this version reads up to {known}',
      safe: 'nothing was changed',
      fix: 'run the newer version of almadia that wrote it, or move the directory away to start without positions',
    },
    es: {
      what: 'el estado en {path} tiene el formato {found}; esta versión lee hasta el {known}',
      safe: 'no se ha cambiado nada',
      fix: 'ejecute la versión más nueva de almadia que lo escribió, o aparte el directorio para empezar sin posiciones',
    },
  },
  GENERATE_UNWRITABLE: {
    exit: 3,
    en: {
      what: 'cannot write test logs to {path}: {cause}',
      safe: 'whole lines written before stay; nothing else was touched',
      fix: 'give --out a file in a directory that you may write, on a disk with free space',
    },
    es: {
      what: 'no se pueden escribir logs de prueba en {path}: {cause}',
      safe: 'las líneas completas ya escritas se conservan; no se ha tocado nada más',
      fix: 'indique en --out un archivo de un directorio en el que pueda escribir, en un disco con espacio libre',
    },
  },
} as const satisfies Record<string, ErrorEntry>;

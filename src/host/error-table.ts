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
  CLI_UNKNOWN_COMMAND: {
    exit: 2,
    en: {
      what: '`{command}` is no command',
      safe: 'nothing was read or changed',
      fix: 'take one of these: {known}',
    },
    es: {
      what: '`{command}` no es una orden',
      safe: 'no se ha leído ni cambiado nada',
      fix: 'use una de estas: {known}',
    },
  },
  CLI_UNKNOWN_COMMAND_NEAR: {
    exit: 2,
    en: {
      what: '`{command}` is no command',
      safe: 'nothing was read or changed',
      fix: 'did you mean `{suggestion}`?',
    },
    es: {
      what: '`{command}` no es una orden',
      safe: 'no se ha leído ni cambiado nada',
      fix: '¿quiso decir `{suggestion}`?',
    },
  },
  CLI_COMMAND_MISSING: {
    exit: 2,
    en: {
      what: '`{command}` needs to know what to do',
      safe: 'nothing was read or changed',
      fix: 'add one of these: {known}',
    },
    es: {
      what: 'falta decir qué debe hacer `{command}`',
      safe: 'no se ha leído ni cambiado nada',
      fix: 'añada una de estas: {known}',
    },
  },
  CLI_UNKNOWN_OPTION: {
    exit: 2,
    en: {
      what: '`{command}` has no option {option}',
      safe: 'nothing was read or changed',
      fix: '`almadia {command} --help` lists its options',
    },
    es: {
      what: '`{command}` no tiene la opción {option}',
      safe: 'no se ha leído ni cambiado nada',
      fix: '`almadia {command} --help` muestra sus opciones',
    },
  },
  CLI_UNKNOWN_OPTION_NEAR: {
    exit: 2,
    en: {
      what: 'there is no option {option} here',
      safe: 'nothing was read or changed',
      fix: 'did you mean {suggestion}?',
    },
    es: {
      what: 'no existe aquí la opción {option}',
      safe: 'no se ha leído ni cambiado nada',
      fix: '¿quiso decir {suggestion}?',
    },
  },
  CLI_OPTION_NEEDS_VALUE: {
    exit: 2,
    en: {
      what: 'the option {option} needs a value',
      safe: 'nothing was read or changed',
      fix: 'write the value after it; `almadia {command} --help` tells which',
    },
    es: {
      what: 'la opción {option} necesita un valor',
      safe: 'no se ha leído ni cambiado nada',
      fix: 'escriba el valor detrás; `almadia {command} --help` dice cuál',
    },
  },
  CLI_ARGUMENT_MISSING: {
    exit: 2,
    en: {
      what: '`{command}` needs the argument {argument}',
      safe: 'nothing was read or changed',
      fix: '`almadia {command} --help` tells what it is',
    },
    es: {
      what: 'a `{command}` le falta el argumento {argument}',
      safe: 'no se ha leído ni cambiado nada',
      fix: '`almadia {command} --help` dice cuál es',
    },
  },
  CLI_WRONG: {
    exit: 2,
    en: {
      what: 'the words after `{command}` do not fit: {cause}',
      safe: 'nothing was read or changed',
      fix: '`almadia {command} --help` shows how it is used',
    },
    es: {
      what: 'las palabras tras `{command}` no encajan: {cause}',
      safe: 'no se ha leído ni cambiado nada',
      fix: '`almadia {command} --help` muestra cómo se usa',
    },
  },
  OPTION_INVALID: {
    exit: 2,
    en: {
      what: 'the option {option} cannot be `{value}`',
      safe: 'nothing was read or changed',
      fix: 'give one of these: {expected}',
    },
    es: {
      what: 'la opción {option} no puede ser `{value}`',
      safe: 'no se ha leído ni cambiado nada',
      fix: 'indique uno de estos valores: {expected}',
    },
  },
  UNEXPECTED: {
    exit: 3,
    en: {
      what: 'something that should not happen: {cause}',
      safe: 'what was committed to the state directory is kept; log files are only ever read',
      fix: 'run it again; when it comes back, report it with the lines below',
    },
    es: {
      what: 'algo que no debería ocurrir: {cause}',
      safe: 'lo confirmado en el directorio de estado se conserva; los archivos de log solo se leen',
      fix: 'ejecútelo de nuevo; si se repite, comuníquelo con las líneas siguientes',
    },
  },
} as const satisfies Record<string, ErrorEntry>;

/** What can go wrong for the commands of the agent, for `error-table.ts`. */
import type { ErrorEntry } from './error-entry.ts';

export const commandErrors = {
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
  CLI_TOO_MANY: {
    exit: 2,
    en: {
      what: 'there are more words after `{command}` than it takes',
      safe: 'nothing was read or changed',
      fix: 'put a value with spaces in quotes; `almadia {command} --help` shows how it is used',
    },
    es: {
      what: 'hay más palabras tras `{command}` de las que admite',
      safe: 'no se ha leído ni cambiado nada',
      fix: 'ponga entre comillas un valor con espacios; `almadia {command} --help` muestra cómo se usa',
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
  SOCKET_UNSAFE: {
    exit: 3,
    en: {
      what: 'the directory {path} for the control socket belongs to somebody else or is open to others',
      safe: 'its lines are safe: the agent was stopped again and goes on where it was at the next start',
      fix: "remove it, or make it {user}'s own with `chmod 700`; a shorter state directory needs none",
    },
    es: {
      what: 'el directorio {path} del socket de control es de otro usuario o está abierto a otros',
      safe: 'sus líneas están a salvo: el agente se ha detenido y seguirá donde estaba en el próximo arranque',
      fix: 'bórrelo, o hágalo propio de {user} con `chmod 700`; con un directorio de estado más corto no hace falta',
    },
  },
  SOCKET_FAILED: {
    exit: 3,
    en: {
      what: 'cannot open the control socket {path}: {cause}',
      safe: 'its lines are safe: the agent was stopped again and goes on where it was at the next start',
      fix: 'put the state directory on a disk that takes sockets (no network share), or free the path',
    },
    es: {
      what: 'no se puede abrir el socket de control {path}: {cause}',
      safe: 'sus líneas están a salvo: el agente se ha detenido y seguirá donde estaba en el próximo arranque',
      fix: 'ponga el directorio de estado en un disco que admita sockets (no uno de red), o libere la ruta',
    },
  },
  METRICS_PORT: {
    exit: 3,
    en: {
      what: 'cannot listen on {address} for metrics: {cause}',
      safe: 'its lines are safe: the agent was stopped again and goes on where it was at the next start',
      fix: 'choose a free port in agent.metrics',
    },
    es: {
      what: 'no se puede escuchar en {address} para las métricas: {cause}',
      safe: 'sus líneas están a salvo: el agente se ha detenido y seguirá donde estaba en el próximo arranque',
      fix: 'elija un puerto libre en agent.metrics',
    },
  },
  AGENT_UNREACHABLE: {
    exit: 3,
    en: {
      what: 'cannot ask the agent at {path}: {cause}',
      safe: 'the agent, if one runs, goes on as it is',
      fix: 'run this as the user the agent runs as ({user} is not allowed, or it does not answer)',
    },
    es: {
      what: 'no se puede preguntar al agente en {path}: {cause}',
      safe: 'el agente, si está en marcha, sigue igual',
      fix: 'ejecútelo como el usuario del agente ({user} no tiene permiso, o no responde)',
    },
  },
  AGENT_NOT_RUNNING: {
    exit: 1,
    en: {
      what: 'no agent is running on the state directory {path}',
      safe: 'what it has not sent yet is kept there',
      fix: 'start it with `almadia run`; if it runs with another configuration, name that with --config',
    },
    es: {
      what: 'ningún agente está en marcha con el directorio de estado {path}',
      safe: 'lo que aún no ha enviado se conserva allí',
      fix: 'arránquelo con `almadia run`; si usa otra configuración, indíquela con --config',
    },
  },
  AUDIT_NO_HUB: {
    exit: 2,
    en: {
      what: 'the output is {type}, no hub, and --hub names none',
      safe: 'nothing was read or changed',
      fix: 'give the address of the hub: --hub http://HUB:5000',
    },
    es: {
      what: 'la salida es {type}, no un hub, y --hub no nombra ninguno',
      safe: 'no se ha leído ni cambiado nada',
      fix: 'indique la dirección del hub: --hub http://HUB:5000',
    },
  },
  AUDIT_HUB_SILENT: {
    exit: 2,
    en: {
      what: 'the hub at {url} does not tell what it has of this agent: {cause}',
      safe: 'nothing was changed; the agent goes on as it is',
      fix: 'check address and key (`almadia check`); an older hub cannot tell: bring it up to this version',
    },
    es: {
      what: 'el hub en {url} no dice qué tiene de este agente: {cause}',
      safe: 'no se ha cambiado nada; el agente sigue igual',
      fix: 'compruebe dirección y clave (`almadia check`); un hub anterior no sabe decirlo: actualícelo a esta versión',
    },
  },
  SEARCH_HUB_SILENT: {
    exit: 2,
    en: {
      what: 'the hub at {url} does not search: {cause}',
      safe: 'nothing was changed',
      fix: 'check --hub and the key (--key-file or ALMADIA_KEY); an older hub cannot search: bring it up to this version',
    },
    es: {
      what: 'el hub en {url} no busca: {cause}',
      safe: 'no se ha cambiado nada',
      fix: 'compruebe --hub y la clave (--key-file o ALMADIA_KEY); un hub anterior no sabe buscar: actualícelo a esta versión',
    },
  },
  AUDIT_WAITS: {
    exit: 2,
    en: {
      what: 'the ledger in {path} cannot be looked at now: changes wait for the disk',
      safe: 'nothing is lost; the agent reads on when it can write again',
      fix: 'see `almadia status` for what the disk refuses, mend it, and ask again',
    },
    es: {
      what: 'ahora no se puede mirar el libro en {path}: hay cambios esperando al disco',
      safe: 'no se pierde nada; el agente sigue leyendo cuando pueda volver a escribir',
      fix: 'vea en `almadia status` qué rechaza el disco, arréglelo y pregunte otra vez',
    },
  },
  LEDGER_OPEN: {
    exit: 1,
    en: {
      what: 'the ledger of {path} does not close: {bytes} bytes and {lines} lines that were read are not accounted for',
      safe: 'the agent goes on; what it read and what arrived differ, or it counts wrongly: this is a fault of almadia',
      fix: "keep the log file, look at `almadia audit --stream {stream}`, and report both with the agent's own log",
    },
    es: {
      what: 'el libro de {path} no cuadra: faltan por justificar {bytes} bytes y {lines} líneas leídas',
      safe: 'el agente sigue; lo leído y lo llegado difieren, o cuenta mal: es un fallo de almadia',
      fix: 'conserve el archivo de log, mire `almadia audit --stream {stream}` e informe de ambos con el registro del agente',
    },
  },
  DEAD_LETTER_UNKNOWN: {
    exit: 2,
    en: {
      what: 'there is no dead letter `{id}`',
      safe: 'nothing was changed',
      fix: '`almadia dead-letters list` shows their names',
    },
    es: {
      what: 'no hay ninguna carta muerta `{id}`',
      safe: 'no se ha cambiado nada',
      fix: '`almadia dead-letters list` muestra sus nombres',
    },
  },
  DEAD_LETTERS_UNNAMED: {
    exit: 2,
    en: {
      what: 'which dead letters is not said',
      safe: 'nothing was changed',
      fix: 'name them, or give --all for every one',
    },
    es: {
      what: 'no se ha dicho qué cartas muertas',
      safe: 'no se ha cambiado nada',
      fix: 'nómbrelas, o dé --all para todas',
    },
  },
  STATE_ABSENT: {
    exit: 1,
    en: {
      what: 'there is no state in {path}',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'check agent.state_dir; it is made when an agent first runs',
    },
    es: {
      what: 'no hay estado en {path}',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'revise agent.state_dir; se crea cuando un agente arranca por primera vez',
    },
  },
  INIT_EXISTS: {
    exit: 2,
    en: {
      what: '{file} exists already',
      safe: 'it was left as it is',
      fix: 'look at it first; --force replaces it',
    },
    es: {
      what: '{file} ya existe',
      safe: 'se ha dejado como está',
      fix: 'mírelo antes; --force lo reemplaza',
    },
  },
  INIT_UNWRITABLE: {
    exit: 3,
    en: {
      what: 'cannot write {file}: {cause}',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'go to a directory where the user {user} may write',
    },
    es: {
      what: 'no se puede escribir {file}: {cause}',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'vaya a un directorio donde el usuario {user} pueda escribir',
    },
  },
  RELOAD_KEPT: {
    exit: 2,
    en: {
      what: 'the changed configuration has {count} problem(s) and was not taken',
      safe: 'the agent goes on with the configuration it had',
      fix: 'mend what is named above and send SIGHUP again',
    },
    es: {
      what: 'la configuración cambiada tiene {count} problema(s) y no se ha tomado',
      safe: 'el agente sigue con la configuración que tenía',
      fix: 'corrija lo indicado arriba y envíe SIGHUP otra vez',
    },
  },
  LOG_UNWRITABLE: {
    exit: 3,
    en: {
      what: "cannot write the agent's own log {path}: {cause}",
      safe: 'nothing was read; the log files and the state are untouched',
      fix: 'let the user {user} write there, or set log_file (agent_log_file) to a place where it may',
    },
    es: {
      what: 'no se puede escribir el log propio del agente {path}: {cause}',
      safe: 'no se ha leído nada; los archivos de log y el estado están intactos',
      fix: 'permita escribir ahí al usuario {user}, o ponga log_file (agent_log_file) donde pueda',
    },
  },
} as const satisfies Record<string, ErrorEntry>;

/** The texts behind `errors.ts`. Add a row here, and its line in docs/errors.md; everything else follows. */
import { checkErrors } from './check-errors.ts';
import { commandErrors } from './command-errors.ts';
import { configErrors } from './config-errors.ts';
import type { ErrorEntry } from './error-entry.ts';

export const errorTable = {
  ...checkErrors,
  ...commandErrors,
  ...configErrors,
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
  SERVICE_NAME_INVALID: {
    exit: 2,
    en: {
      what: '{name} cannot be the name of a service, a user or a group',
      safe: 'nothing was changed',
      fix: 'use at most 31 small letters, digits, - and _, beginning with a letter or _',
    },
    es: {
      what: '{name} no puede ser nombre de servicio, usuario ni grupo',
      safe: 'no se ha cambiado nada',
      fix: 'use como mucho 31 letras minúsculas, cifras, - y _, empezando por una letra o _',
    },
  },
  SERVICE_WORD_UNSAFE: {
    exit: 2,
    en: {
      what: 'the path {word} cannot be written in a systemd unit',
      safe: 'nothing was changed',
      fix: 'move the file to a path without line ends, control characters and invalid UTF-8 (and node to one without $)',
    },
    es: {
      what: 'la ruta {word} no se puede escribir en una unidad de systemd',
      safe: 'no se ha cambiado nada',
      fix: 'mueva el archivo a una ruta sin saltos de línea, caracteres de control ni UTF-8 inválido (y node a una sin $)',
    },
  },
  SERVICE_NO_SYSTEMD: {
    exit: 3,
    en: {
      what: 'systemd does not run this machine ({cause})',
      safe: 'nothing was changed',
      fix: 'start `almadia run --config FILE` with the supervisor that you have; `almadia service print` shows the unit',
    },
    es: {
      what: 'esta máquina no funciona con systemd ({cause})',
      safe: 'no se ha cambiado nada',
      fix: 'arranque `almadia run --config ARCHIVO` con el supervisor que tenga; `almadia service print` muestra la unidad',
    },
  },
  SERVICE_NEEDS_ROOT: {
    exit: 3,
    en: {
      what: 'user {user} may not write in {path}',
      safe: 'nothing was changed',
      fix: 'run the same command with sudo; `almadia service print` shows the unit without it',
    },
    es: {
      what: 'el usuario {user} no puede escribir en {path}',
      safe: 'no se ha cambiado nada',
      fix: 'ejecute la misma orden con sudo; `almadia service print` muestra la unidad sin él',
    },
  },
  SERVICE_UNREACHABLE: {
    exit: 3,
    en: {
      what: 'user {user}, as whom the service runs, cannot {access} {path}',
      safe: 'the service was not installed; a user that was created stays',
      fix: 'for files in a home directory, install with `sudo npm install -g` or under /opt, and configure in /etc/almadia; write the state in ${STATE_DIRECTORY}; else change owner or mode, or choose --user',
    },
    es: {
      what: 'el usuario {user}, con el que funciona el servicio, no puede {access} {path}',
      safe: 'el servicio no se ha instalado; si se creó un usuario, se conserva',
      fix: 'si está en un directorio personal, instale con `sudo npm install -g` o en /opt, y configure en /etc/almadia; guarde el estado en ${STATE_DIRECTORY}; si no, cambie el dueño o los permisos, o elija --user',
    },
  },
  SERVICE_FOREIGN: {
    exit: 3,
    en: {
      what: '{path} was not written by almadia',
      safe: 'nothing was changed',
      fix: 'choose another name with --name, or remove that file first',
    },
    es: {
      what: '{path} no lo escribió almadia',
      safe: 'no se ha cambiado nada',
      fix: 'elija otro nombre con --name, o quite antes ese archivo',
    },
  },
  SERVICE_FAILED: {
    exit: 3,
    en: {
      what: '`{command}` failed: {cause}',
      safe: 'log files and state are untouched',
      fix: 'look at it with `journalctl -u {name} -n 50`, mend the cause, and run the same command again',
    },
    es: {
      what: '`{command}` ha fallado: {cause}',
      safe: 'los archivos de log y el estado están intactos',
      fix: 'mírelo con `journalctl -u {name} -n 50`, arregle la causa y repita la misma orden',
    },
  },
  STATE_FULL: {
    exit: 3,
    en: {
      what: 'no room left on the disk of {path}: {cause}',
      safe: 'everything committed before is kept; nothing is read from the log files until there is room',
      fix: 'free some space on that disk, or lower spool.bytes',
    },
    es: {
      what: 'no queda espacio en el disco de {path}: {cause}',
      safe: 'todo lo confirmado antes se conserva; no se lee nada de los archivos de log hasta que haya espacio',
      fix: 'libere espacio en ese disco, o reduzca spool.bytes',
    },
  },
  STATE_BROKEN: {
    exit: 3,
    en: {
      what: 'the state {path} cannot be written any more: {cause}',
      safe: 'everything committed before is kept; the log files are untouched',
      fix: 'look at the disk (`dmesg`, mounted read-only?), then start the agent again: it goes on from its last commit',
    },
    es: {
      what: 'ya no se puede escribir el estado {path}: {cause}',
      safe: 'todo lo confirmado antes se conserva; los archivos de log están intactos',
      fix: 'revise el disco (`dmesg`, ¿montado en solo lectura?) y vuelva a iniciar el agente: seguirá desde lo último confirmado',
    },
  },
  STATE_UNSAFE: {
    exit: 3,
    en: {
      what: 'the state cannot be kept in {path}: {cause}',
      safe: 'nothing was read or changed',
      fix: 'another user could replace what lies there; give the agent a directory of its own (agent.state_dir), no link, owned by user {user} with mode 0700',
    },
    es: {
      what: 'no se puede guardar el estado en {path}: {cause}',
      safe: 'no se ha leído ni cambiado nada',
      fix: 'otro usuario podría sustituir lo que hay ahí; dé al agente un directorio propio (agent.state_dir), sin enlaces, del usuario {user} y con modo 0700',
    },
  },
  HUB_LOCKED: {
    exit: 3,
    en: {
      what: 'another hub is using the store {path}',
      safe: 'nothing was read or changed',
      fix: 'stop that hub first, or give this one a directory of its own (--data)',
    },
    es: {
      what: 'otro hub está usando el almacén {path}',
      safe: 'no se ha leído ni cambiado nada',
      fix: 'detenga antes ese hub, o dé a este un directorio propio (--data)',
    },
  },
  HUB_ABSENT: {
    exit: 2,
    en: {
      what: 'no hub keeps its lines in {path}',
      safe: 'nothing was made or changed',
      fix: 'name the data directory of the hub with --data; `almadia hub` makes it at its first start',
    },
    es: {
      what: 'ningún hub guarda sus líneas en {path}',
      safe: 'no se ha creado ni cambiado nada',
      fix: 'indique con --data el directorio de datos del hub; `almadia hub` lo crea en su primer inicio',
    },
  },
  COPY_EXISTS: {
    exit: 2,
    en: {
      what: '{path} holds the lines of a hub already',
      safe: 'nothing was written over',
      fix: 'name a new directory, or move what is there away',
    },
    es: {
      what: '{path} ya contiene las líneas de un hub',
      safe: 'no se ha sobrescrito nada',
      fix: 'indique un directorio nuevo, o aparte lo que hay',
    },
  },
  COPY_BUSY: {
    exit: 3,
    en: {
      what: 'another back-up of {path} is being made',
      safe: 'the hub goes on as it is',
      fix: 'wait for it; one that was cut off is forgotten within half a minute',
    },
    es: {
      what: 'se está haciendo otra copia de {path}',
      safe: 'el hub sigue como está',
      fix: 'espere a que termine; una que se interrumpió se olvida en medio minuto',
    },
  },
  COPY_UNCLEAN: {
    exit: 3,
    en: {
      what: 'the hub of {path} did not stop cleanly, so its file alone is not all',
      safe: 'nothing was copied or changed',
      fix: 'start the hub and make the back-up while it runs, or stop it again',
    },
    es: {
      what: 'el hub de {path} no se detuvo limpiamente, y su archivo por sí solo no lo es todo',
      safe: 'no se ha copiado ni cambiado nada',
      fix: 'inicie el hub y haga la copia mientras funciona, o vuelva a detenerlo',
    },
  },
  COPY_FAILED: {
    exit: 3,
    en: {
      what: 'the copy to or from {path} did not become whole: {cause}',
      safe: 'what was to be copied is untouched, and nothing unfinished is left',
      fix: 'see to space and rights (ENOSPC, EACCES), or try again while the hub keeps running',
    },
    es: {
      what: 'la copia a o desde {path} no quedó entera: {cause}',
      safe: 'lo que se iba a copiar está intacto, y no queda nada a medias',
      fix: 'revise espacio y permisos (ENOSPC, EACCES), o repita mientras el hub siga en marcha',
    },
  },
  HUB_KEY_UNKNOWN: {
    exit: 2,
    en: {
      what: 'there is no key with the id {id}',
      safe: 'nothing was changed',
      fix: '`almadia hub keys list` gives the ids; they are the first eight characters of a key',
    },
    es: {
      what: 'no hay ninguna clave con el id {id}',
      safe: 'no se ha cambiado nada',
      fix: '`almadia hub keys list` da los ids; son los ocho primeros caracteres de una clave',
    },
  },
  HUB_UNREACHABLE: {
    exit: 3,
    en: {
      what: 'cannot ask the hub at {path}: {cause}',
      safe: 'the hub, if one runs, goes on as it is',
      fix: 'run this as the user the hub runs as ({user} is not allowed, or it does not answer)',
    },
    es: {
      what: 'no se puede preguntar al hub en {path}: {cause}',
      safe: 'el hub, si hay uno, sigue como está',
      fix: 'ejecute esto como el usuario del hub (a {user} no se le permite, o no responde)',
    },
  },
  HUB_LISTEN_FAILED: {
    exit: 3,
    en: {
      what: 'the hub cannot listen on {address}: {cause}',
      safe: 'nothing was changed; agents keep what the hub has not confirmed',
      fix: 'EADDRINUSE: another program has the port, choose one with --port; EACCES: ports below 1024 need rights; EADDRNOTAVAIL: --listen names no address of this machine',
    },
    es: {
      what: 'el hub no puede escuchar en {address}: {cause}',
      safe: 'no se ha cambiado nada; los agentes conservan lo que el hub no ha confirmado',
      fix: 'EADDRINUSE: otro programa tiene el puerto, elija uno con --port; EACCES: los puertos menores de 1024 piden permisos; EADDRNOTAVAIL: --listen no nombra una dirección de esta máquina',
    },
  },
  STORE_UNSAFE: {
    exit: 3,
    en: {
      what: 'the hub cannot keep its lines in {path}: {cause}',
      safe: 'nothing was read or changed',
      fix: 'another user could replace what lies there; give the hub a directory of its own (--data), no link, owned by user {user} with mode 0700',
    },
    es: {
      what: 'el hub no puede guardar sus líneas en {path}: {cause}',
      safe: 'no se ha leído ni cambiado nada',
      fix: 'otro usuario podría sustituir lo que hay ahí; dé al hub un directorio propio (--data), sin enlaces, del usuario {user} y con modo 0700',
    },
  },
  STORE_DAMAGED: {
    exit: 3,
    en: {
      what: 'the store {path} is damaged or is not a store of a hub: {cause}',
      safe: 'nothing was changed; agents keep what the hub has not confirmed',
      fix: 'restore it from a back-up, or move the file away (with its -wal file) to start with an empty store',
    },
    es: {
      what: 'el almacén {path} está dañado o no es el de un hub: {cause}',
      safe: 'no se ha cambiado nada; los agentes conservan lo que el hub no ha confirmado',
      fix: 'restáurelo de una copia, o aparte el archivo (con su archivo -wal) para empezar con un almacén vacío',
    },
  },
  STORE_NEWER: {
    exit: 3,
    en: {
      what: 'the store {path} has format {found}; this version reads up to {known}',
      safe: 'nothing was changed',
      fix: 'run the newer version of almadia that wrote it, or give this hub another directory (--data)',
    },
    es: {
      what: 'el almacén {path} tiene el formato {found}; esta versión lee hasta el {known}',
      safe: 'no se ha cambiado nada',
      fix: 'ejecute la versión más nueva de almadia que lo escribió, o dé a este hub otro directorio (--data)',
    },
  },
  STORE_UNWRITABLE: {
    exit: 3,
    en: {
      what: 'cannot open or write the store {path}: {cause}',
      safe: 'nothing was changed; agents keep what the hub has not confirmed',
      fix: 'make its directory writable for the user that runs the hub, or choose another (--data)',
    },
    es: {
      what: 'no se puede abrir o escribir el almacén {path}: {cause}',
      safe: 'no se ha cambiado nada; los agentes conservan lo que el hub no ha confirmado',
      fix: 'dé permiso de escritura en su directorio al usuario del hub, o elija otro (--data)',
    },
  },
  STORE_FULL: {
    exit: 3,
    en: {
      what: 'the disk of the store {path} is full',
      safe: 'nothing was lost: what is stored stays readable, and agents keep what was not confirmed',
      fix: 'free space on that disk; the hub goes on by itself',
    },
    es: {
      what: 'el disco del almacén {path} está lleno',
      safe: 'no se ha perdido nada: lo almacenado sigue legible y los agentes conservan lo no confirmado',
      fix: 'libere espacio en ese disco; el hub continúa por sí solo',
    },
  },
  STORE_BROKEN: {
    exit: 3,
    en: {
      what: 'the store {path} refuses: {cause}',
      safe: 'what was confirmed is not changed; agents keep what was not confirmed',
      fix: 'look at the disk and its log; restart the hub when it is well again',
    },
    es: {
      what: 'el almacén {path} falla: {cause}',
      safe: 'lo confirmado no ha cambiado; los agentes conservan lo no confirmado',
      fix: 'revise el disco y su registro; reinicie el hub cuando esté bien',
    },
  },
  OUTPUT_KEY_UNSENDABLE: {
    exit: 2,
    en: {
      what: 'the key of the output {output} cannot travel in an HTTP header: it holds spaces at its ends, line ends or characters beyond ASCII',
      safe: 'nothing was read; the log files are untouched',
      fix: 'copy the key again, without what stands around it',
    },
    es: {
      what: 'la clave de la salida {output} no puede viajar en una cabecera HTTP: tiene espacios en los extremos, saltos de línea o caracteres que no son ASCII',
      safe: 'no se ha leído nada; los archivos de log están intactos',
      fix: 'copie la clave otra vez, sin lo que la rodea',
    },
  },
  HUB_KEY_UNUSABLE: {
    exit: 2,
    en: {
      what: 'the key given to the hub cannot travel in an HTTP header: it is longer than {max} characters, or holds spaces at its ends, line ends or characters beyond ASCII',
      safe: 'nothing was read or changed; the key before it stays in force',
      fix: 'give a key of letters and digits, at least 32 of them, or none: then the hub makes one',
    },
    es: {
      what: 'la clave dada al hub no puede viajar en una cabecera HTTP: pasa de {max} caracteres, o tiene espacios en los extremos, saltos de línea o caracteres que no son ASCII',
      safe: 'no se ha leído ni cambiado nada; sigue valiendo la clave anterior',
      fix: 'dé una clave de letras y cifras, al menos 32, o ninguna: entonces el hub crea una',
    },
  },
} as const satisfies Record<string, ErrorEntry>;

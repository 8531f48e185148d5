/** What `almadia check` finds, for `error-table.ts`. */
import type { ErrorEntry } from './error-entry.ts';

export const checkErrors = {
  CHECK_NO_FILE: {
    exit: 1,
    en: {
      what: 'no file matches {pattern}',
      safe: 'nothing was sent or changed',
      fix: 'check the path; a file that appears later is read from its beginning',
    },
    es: {
      what: 'ningún archivo coincide con {pattern}',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'revise la ruta; un archivo que aparezca después se leerá desde el principio',
    },
  },
  CHECK_FILE_UNREADABLE: {
    exit: 1,
    en: {
      what: 'the user {user} cannot read {path}: {cause}',
      safe: 'nothing was sent or changed',
      fix: 'let it: `usermod -aG adm {user}` where the group adm may read logs, or `setfacl -m u:{user}:r {path}`',
    },
    es: {
      what: 'el usuario {user} no puede leer {path}: {cause}',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'dele permiso: `usermod -aG adm {user}` si el grupo adm puede leer los logs, o `setfacl -m u:{user}:r {path}`',
    },
  },
  CHECK_NO_REGULAR_FILE: {
    exit: 1,
    en: {
      what: '{path} is no regular file but: {kind}; it is skipped',
      safe: 'nothing was sent or changed',
      fix: 'name a log file instead, or exclude it',
    },
    es: {
      what: '{path} no es un archivo normal sino: {kind}; se omite',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'indique un archivo de log, o exclúyalo',
    },
  },
  CHECK_DIRECTORY_UNREADABLE: {
    exit: 1,
    en: {
      what: 'the user {user} cannot look into the directory {path}: {cause}',
      safe: 'nothing was sent or changed',
      fix: 'let it: `setfacl -m u:{user}:rx {path}`, or narrow the pattern',
    },
    es: {
      what: 'el usuario {user} no puede ver el directorio {path}: {cause}',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'dele permiso: `setfacl -m u:{user}:rx {path}`, o reduzca el patrón',
    },
  },
  CHECK_DIRECTORY_UNWRITABLE: {
    exit: 1,
    en: {
      what: 'the user {user} cannot write in {path} ({setting})',
      safe: 'nothing was sent or changed',
      fix: 'make it and give it to {user}: `install -d -o {user} {path}`, or choose another place',
    },
    es: {
      what: 'el usuario {user} no puede escribir en {path} ({setting})',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'créelo y déselo a {user}: `install -d -o {user} {path}`, o elija otro lugar',
    },
  },
  CHECK_STATE_VOLATILE: {
    exit: 1,
    en: {
      what: 'the state directory {path} is on {type}, which a reboot empties',
      safe: 'nothing was sent or changed',
      fix: 'put it on a lasting disk, such as /var/lib/almadia; else lines are repeated or skipped after a reboot',
    },
    es: {
      what: 'el directorio de estado {path} está en {type}, que se vacía al reiniciar',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'póngalo en un disco permanente, como /var/lib/almadia; si no, tras reiniciar se repiten u omiten líneas',
    },
  },
  CHECK_STATE_REMOTE: {
    exit: 1,
    en: {
      what: 'the state directory {path} is on a network file system ({type})',
      safe: 'nothing was sent or changed',
      fix: 'put it on a local disk: locks and syncs over the network cannot be trusted',
    },
    es: {
      what: 'el directorio de estado {path} está en un sistema de archivos de red ({type})',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'póngalo en un disco local: por red no se puede confiar en bloqueos ni escrituras',
    },
  },
  CHECK_STATE_FULL: {
    exit: 1,
    en: {
      what: 'the disk of the state directory {path} has only {free} MiB left',
      safe: 'nothing was sent or changed',
      fix: 'free some space, or lower spool.bytes',
    },
    es: {
      what: 'al disco del directorio de estado {path} solo le quedan {free} MiB',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'libere espacio, o reduzca spool.bytes',
    },
  },
  CHECK_MORE: {
    exit: 1,
    en: {
      what: 'and {count} more like these',
      safe: 'nothing was sent or changed',
      fix: 'mend those named above first, then check again',
    },
    es: {
      what: 'y {count} más como estos',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'corrija primero los indicados y vuelva a probar',
    },
  },
  CHECK_DNS: {
    exit: 1,
    en: {
      what: '{cause} [{detail}]',
      safe: 'nothing was sent or changed',
      fix: 'mend the name in the address, or the resolver of this machine (`getent hosts NAME`)',
    },
    es: {
      what: '{cause} [{detail}]',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'corrija el nombre en la dirección, o el DNS de esta máquina (`getent hosts NOMBRE`)',
    },
  },
  CHECK_TCP: {
    exit: 1,
    en: {
      what: '{cause} [{detail}]',
      safe: 'nothing was sent or changed',
      fix: 'start the server or open the way to it, then check again; meanwhile an agent keeps everything',
    },
    es: {
      what: '{cause} [{detail}]',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'arranque el servidor o abra el camino hasta él y vuelva a probar; mientras, un agente lo conserva todo',
    },
  },
  CHECK_TLS: {
    exit: 1,
    en: {
      what: '{cause} [{detail}]',
      safe: 'nothing was sent or changed',
      fix: 'mend the certificate, or name its CA (ca_file, SSL_CERT_FILE); checks are never switched off',
    },
    es: {
      what: '{cause} [{detail}]',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'corrija el certificado, o indique su CA (ca_file, SSL_CERT_FILE); la verificación nunca se desactiva',
    },
  },
  CHECK_KEY: {
    exit: 1,
    en: {
      what: '{url} refuses the key: {cause}',
      safe: 'nothing was sent or changed',
      fix: 'write the key that the server knows (output.key, api_key, API_TOKEN)',
    },
    es: {
      what: '{url} rechaza la clave: {cause}',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'escriba la clave que el servidor conoce (output.key, api_key, API_TOKEN)',
    },
  },
  CHECK_PAGE: {
    exit: 1,
    en: {
      what: '{url} answers with a web page: {cause}',
      safe: 'nothing was sent or changed',
      fix: 'write the address of the API; a log-in page or a proxy may stand between',
    },
    es: {
      what: '{url} responde con una página web: {cause}',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'escriba la dirección de la API; puede haber un portal de acceso o un proxy por medio',
    },
  },
  CHECK_PATH: {
    exit: 1,
    en: {
      what: '{url} does not know what it was asked for: {cause}',
      safe: 'nothing was sent or changed',
      fix: 'write the base address of the server, and the right type of output',
    },
    es: {
      what: '{url} no conoce lo que se le pide: {cause}',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'escriba la dirección base del servidor, y el tipo de salida correcto',
    },
  },
  CHECK_SERVER: {
    exit: 1,
    en: {
      what: '{url} does not take it: {cause}',
      safe: 'nothing was sent or changed',
      fix: 'look at the log of the server; meanwhile an agent keeps everything and tries again',
    },
    es: {
      what: '{url} no lo acepta: {cause}',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'mire el log del servidor; mientras, un agente lo conserva todo y lo reintenta',
    },
  },
  CHECK_CLOCK: {
    exit: 1,
    en: {
      what: "this machine's clock is {seconds} s off the server's",
      safe: 'nothing was sent or changed',
      fix: 'set the clock (`timedatectl set-ntp true`); lines carry the time of this machine',
    },
    es: {
      what: 'el reloj de esta máquina difiere {seconds} s del del servidor',
      safe: 'no se ha enviado ni cambiado nada',
      fix: 'ponga el reloj en hora (`timedatectl set-ntp true`); las líneas llevan la hora de esta máquina',
    },
  },
} as const satisfies Record<string, ErrorEntry>;

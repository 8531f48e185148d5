/**
 * What can be wrong with a configuration, for `error-table.ts`. {where} is file:line:column, {path} the setting as its
 * file names it, {value} what stands there; a secret's value is masked before it comes here.
 */
import type { ErrorEntry } from './error-entry.ts';

export const configErrors = {
  CONFIG_NONE: {
    exit: 2,
    en: {
      what: 'there is no configuration in {directory}: none of {names}',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write one with `almadia init`, or name one with --config FILE',
    },
    es: {
      what: 'no hay configuración en {directory}: ninguno de {names}',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'cree una con `almadia init`, o indíquela con --config ARCHIVO',
    },
  },
  CONFIG_ABSENT: {
    exit: 2,
    en: {
      what: 'the configuration {file} does not exist (in {directory})',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'check the name, or write one with `almadia init`',
    },
    es: {
      what: 'la configuración {file} no existe (en {directory})',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'revise el nombre, o cree una con `almadia init`',
    },
  },
  CONFIG_UNREADABLE: {
    exit: 2,
    en: {
      what: 'cannot read the configuration {file}: {cause}',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'let the user {user} read it (`chmod`, `chown`), and see that it is a file under 1 MiB',
    },
    es: {
      what: 'no se puede leer la configuración {file}: {cause}',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'permita leerla al usuario {user} (`chmod`, `chown`), y compruebe que es un archivo de menos de 1 MiB',
    },
  },
  CONFIG_UNWRITABLE: {
    exit: 2,
    en: {
      what: 'cannot write the configuration {file}: {cause}',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'let the user {user} write in its directory, or name a file elsewhere',
    },
    es: {
      what: 'no se puede escribir la configuración {file}: {cause}',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'permita escribir en su directorio al usuario {user}, o indique un archivo en otro lugar',
    },
  },
  CONFIG_NOT_TEXT: {
    exit: 2,
    en: {
      what: '{file} is not UTF-8 text',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'save it as UTF-8 (`iconv -f latin1 -t utf-8`)',
    },
    es: {
      what: '{file} no es texto UTF-8',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'guárdelo como UTF-8 (`iconv -f latin1 -t utf-8`)',
    },
  },
  CONFIG_SYNTAX: {
    exit: 2,
    en: {
      what: '{where}: {cause}',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'mend the file at that place; quote values that contain `: `, `#`, `*` or `{`',
    },
    es: {
      what: '{where}: {cause}',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'corrija el archivo en ese lugar; ponga entre comillas los valores con `: `, `#`, `*` o `{`',
    },
  },
  CONFIG_UNKNOWN_KEY: {
    exit: 2,
    en: {
      what: '{where}: there is no setting `{path}`',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'take it out; here these are known: {known}',
    },
    es: {
      what: '{where}: no existe el ajuste `{path}`',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'quítelo; aquí se conocen: {known}',
    },
  },
  CONFIG_UNKNOWN_KEY_NEAR: {
    exit: 2,
    en: {
      what: '{where}: there is no setting `{path}`',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'did you mean `{suggestion}`?',
    },
    es: {
      what: '{where}: no existe el ajuste `{path}`',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: '¿quiso decir `{suggestion}`?',
    },
  },
  CONFIG_MISSING: {
    exit: 2,
    en: {
      what: '{where}: `{path}` is missing',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'add it; `almadia init` writes an example, docs/configuration.md explains it',
    },
    es: {
      what: '{where}: falta `{path}`',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'añádalo; `almadia init` escribe un ejemplo, docs/configuration.md lo explica',
    },
  },
  CONFIG_NEEDED: {
    exit: 2,
    en: {
      what: '{where}: `{path}` is missing; the output {type} needs it',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'add it, for a key best as `${ALMADIA_KEY}` or with key_file',
    },
    es: {
      what: '{where}: falta `{path}`; la salida {type} lo necesita',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'añádalo; una clave, mejor como `${ALMADIA_KEY}` o con key_file',
    },
  },
  CONFIG_VARIABLE_MISSING: {
    exit: 2,
    en: {
      what: '{name} is set neither in {where} nor in the environment',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'add a line {name}=… to {where}',
    },
    es: {
      what: '{name} no está ni en {where} ni en el entorno',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'añada una línea {name}=… a {where}',
    },
  },
  CONFIG_TWICE: {
    exit: 2,
    en: {
      what: '{where}: `{path}` and `{other}` are both given',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'keep one of them',
    },
    es: {
      what: '{where}: se han dado `{path}` y `{other}` a la vez',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'deje solo uno',
    },
  },
  CONFIG_NOT_A_SECTION: {
    exit: 2,
    en: {
      what: '{where}: `{path}` must be a section with settings of its own',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write its settings indented below it, each as `name: value`',
    },
    es: {
      what: '{where}: `{path}` debe ser una sección con sus propios ajustes',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba sus ajustes debajo, sangrados, cada uno como `nombre: valor`',
    },
  },
  CONFIG_NOT_A_LIST: {
    exit: 2,
    en: {
      what: '{where}: `{path}` must be a list with at least one entry',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write each entry on lines of its own, beginning with `- `',
    },
    es: {
      what: '{where}: `{path}` debe ser una lista con al menos un elemento',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba cada elemento en sus propias líneas, empezando por `- `',
    },
  },
  CONFIG_NOT_A_VALUE: {
    exit: 2,
    en: {
      what: '{where}: `{path}` must be a single value',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write one value after the colon',
    },
    es: {
      what: '{where}: `{path}` debe ser un solo valor',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba un solo valor tras los dos puntos',
    },
  },
  CONFIG_ENV_UNSET: {
    exit: 2,
    en: {
      what: '{where}: `{path}` needs the environment variable {name}, which is not set',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'set it (`export {name}=…`, or in the service), or give a default: `${{name}:-value}`',
    },
    es: {
      what: '{where}: `{path}` necesita la variable de entorno {name}, que no está definida',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'defínala (`export {name}=…`, o en el servicio), o dé un valor por omisión: `${{name}:-valor}`',
    },
  },
  CONFIG_ENV_MALFORMED: {
    exit: 2,
    en: {
      what: '{where}: `{path}` has a `${` that does not name a variable',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write `${NAME}` or `${NAME:-default}`; a literal `${` is written `$${`',
    },
    es: {
      what: '{where}: `{path}` tiene un `${` que no nombra una variable',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba `${NAME}` o `${NAME:-valor}`; un `${` literal se escribe `$${`',
    },
  },
  CONFIG_BOOLEAN: {
    exit: 2,
    en: {
      what: '{where}: `{path}` cannot be `{value}`',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write true or false',
    },
    es: {
      what: '{where}: `{path}` no puede ser `{value}`',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba true o false',
    },
  },
  CONFIG_BYTES: {
    exit: 2,
    en: {
      what: '{where}: `{path}` cannot be `{value}`: it is no size',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write a number with a unit, such as 64KiB, 1MiB or 2GiB',
    },
    es: {
      what: '{where}: `{path}` no puede ser `{value}`: no es un tamaño',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba un número con unidad, como 64KiB, 1MiB o 2GiB',
    },
  },
  CONFIG_DURATION: {
    exit: 2,
    en: {
      what: '{where}: `{path}` cannot be `{value}`: it is no duration',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write a number with a unit, such as 500ms, 5s, 10m or 1h',
    },
    es: {
      what: '{where}: `{path}` no puede ser `{value}`: no es una duración',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba un número con unidad, como 500ms, 5s, 10m o 1h',
    },
  },
  CONFIG_SECONDS: {
    exit: 2,
    en: {
      what: '{where}: `{path}` cannot be `{value}`: it is no number of seconds',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write seconds, with decimals if need be, such as 5 or 0.5',
    },
    es: {
      what: '{where}: `{path}` no puede ser `{value}`: no es un número de segundos',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba segundos, con decimales si hace falta, como 5 o 0.5',
    },
  },
  CONFIG_INTEGER: {
    exit: 2,
    en: {
      what: '{where}: `{path}` cannot be `{value}`: it is no whole number',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write digits only, such as 50',
    },
    es: {
      what: '{where}: `{path}` no puede ser `{value}`: no es un número entero',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba solo cifras, como 50',
    },
  },
  CONFIG_RANGE: {
    exit: 2,
    en: {
      what: '{where}: `{path}` cannot be `{value}`: it is out of bounds',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write a value from {least} to {most}',
    },
    es: {
      what: '{where}: `{path}` no puede ser `{value}`: está fuera de los límites',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba un valor de {least} a {most}',
    },
  },
  CONFIG_CHOICE: {
    exit: 2,
    en: {
      what: '{where}: `{path}` cannot be `{value}`',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write one of these: {choices}',
    },
    es: {
      what: '{where}: `{path}` no puede ser `{value}`',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba uno de estos: {choices}',
    },
  },
  CONFIG_CHOICE_NEAR: {
    exit: 2,
    en: {
      what: '{where}: `{path}` cannot be `{value}`',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'did you mean `{suggestion}`? Known are: {choices}',
    },
    es: {
      what: '{where}: `{path}` no puede ser `{value}`',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: '¿quiso decir `{suggestion}`? Se conocen: {choices}',
    },
  },
  CONFIG_URL: {
    exit: 2,
    en: {
      what: '{where}: `{path}` cannot be `{value}`: it is no server address',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write http:// or https://, the host and perhaps a port and path, without user, `?` or `#`',
    },
    es: {
      what: '{where}: `{path}` no puede ser `{value}`: no es la dirección de un servidor',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba http:// o https://, el servidor y quizá puerto y ruta, sin usuario, `?` ni `#`',
    },
  },
  CONFIG_LISTEN: {
    exit: 2,
    en: {
      what: '{where}: `{path}` cannot be `{value}`: it is no loopback address with a port',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write a port of this machine, such as 127.0.0.1:9464',
    },
    es: {
      what: '{where}: `{path}` no puede ser `{value}`: no es una dirección local con puerto',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba un puerto de esta máquina, como 127.0.0.1:9464',
    },
  },
  CONFIG_GLOB: {
    exit: 2,
    en: {
      what: '{where}: `{path}` cannot be `{value}`: it is no pattern of paths',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write a pattern such as /var/log/**/*.log; what it must not match goes to exclude',
    },
    es: {
      what: '{where}: `{path}` no puede ser `{value}`: no es un patrón de rutas',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba un patrón como /var/log/**/*.log; lo que no deba incluir va en exclude',
    },
  },
  CONFIG_PATH: {
    exit: 2,
    en: {
      what: '{where}: `{path}` cannot be `{value}`: it is no path',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write the path of a file or directory on one line',
    },
    es: {
      what: '{where}: `{path}` no puede ser `{value}`: no es una ruta',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba la ruta de un archivo o directorio en una línea',
    },
  },
  CONFIG_TEXT: {
    exit: 2,
    en: {
      what: '{where}: `{path}` cannot be `{value}`: it is no text',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write a name on one line, in quotes if it has special characters',
    },
    es: {
      what: '{where}: `{path}` no puede ser `{value}`: no es un texto',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba un nombre en una línea, entre comillas si tiene caracteres especiales',
    },
  },
  CONFIG_SECRET: {
    exit: 2,
    en: {
      what: '{where}: `{path}` is no usable key (its value is not shown)',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write the key as the server gave it: letters, digits and signs of ASCII on one line, in quotes',
    },
    es: {
      what: '{where}: `{path}` no es una clave utilizable (su valor no se muestra)',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escriba la clave como la dio el servidor: letras, cifras y signos ASCII en una línea, entre comillas',
    },
  },
  CONFIG_LOG_SOURCES: {
    exit: 2,
    en: {
      what: '{where}: `{path}` must have a list of file paths for this system',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'write it as "log_sources": { "linux": ["/var/log/syslog"] }',
    },
    es: {
      what: '{where}: `{path}` debe tener una lista de rutas de archivos para este sistema',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'escríbalo como "log_sources": { "linux": ["/var/log/syslog"] }',
    },
  },
  CONFIG_FILE_UNREADABLE: {
    exit: 2,
    en: {
      what: '{where}: cannot read the file {value} that `{path}` names: {cause}',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'check the path, and let the user {user} read it',
    },
    es: {
      what: '{where}: no se puede leer el archivo {value} que nombra `{path}`: {cause}',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'revise la ruta, y permita leerlo al usuario {user}',
    },
  },
  CONFIG_KEY_FILE: {
    exit: 2,
    en: {
      what: '{where}: the file {value} that `{path}` names holds no usable key',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'put the key in it on one line, and nothing else',
    },
    es: {
      what: '{where}: el archivo {value} que nombra `{path}` no contiene una clave utilizable',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'ponga en él la clave en una sola línea, y nada más',
    },
  },
  CONFIG_CA_FILE: {
    exit: 2,
    en: {
      what: '{where}: the file {value} that `{path}` names holds no PEM certificate',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'give a file with -----BEGIN CERTIFICATE----- blocks; for DER: `openssl x509 -inform der`',
    },
    es: {
      what: '{where}: el archivo {value} que nombra `{path}` no contiene un certificado PEM',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'indique un archivo con bloques -----BEGIN CERTIFICATE-----; desde DER: `openssl x509 -inform der`',
    },
  },
  CONFIG_CERTIFICATE: {
    exit: 2,
    en: {
      what: '{where}: the file {value} that `{path}` names is no use without: {missing}',
      safe: 'nothing was read or changed; running agents go on as they are',
      fix: 'name the certificate in cert_file and its private key in cert_key_file (or put both into cert_file), in PEM: -----BEGIN CERTIFICATE-----, -----BEGIN PRIVATE KEY-----, without a pass phrase',
    },
    es: {
      what: '{where}: el archivo {value} que nombra `{path}` no sirve sin: {missing}',
      safe: 'no se ha leído ni cambiado nada; los agentes en marcha siguen igual',
      fix: 'indique el certificado en cert_file y su clave privada en cert_key_file (o ponga ambos en cert_file), en PEM: -----BEGIN CERTIFICATE-----, -----BEGIN PRIVATE KEY-----, sin contraseña',
    },
  },
  CONFIG_DEFAULTS_WRITTEN: {
    exit: 2,
    en: {
      what: '{file} did not exist: the defaults were written there',
      safe: 'nothing is lost; it goes on',
      fix: 'set server_url and api_key in it, then restart (or send SIGHUP)',
    },
    es: {
      what: '{file} no existía: se han escrito en él los valores por omisión',
      safe: 'no se pierde nada; continúa',
      fix: 'ponga en él server_url y api_key, y reinicie (o envíe SIGHUP)',
    },
  },
  CONFIG_ID_NOT_WRITTEN: {
    exit: 2,
    en: {
      what: 'the new agent id could not be written to {file}: {cause}; the state directory keeps one instead',
      safe: 'nothing is lost; it goes on',
      fix: 'let the user {user} write it, if it is to stand in the file',
    },
    es: {
      what: 'el nuevo identificador no se pudo escribir en {file}: {cause}; lo guarda el directorio de estado',
      safe: 'no se pierde nada; continúa',
      fix: 'permita escribirlo al usuario {user}, si ha de estar en el archivo',
    },
  },
  CONFIG_KEY_PASSED_OVER: {
    exit: 2,
    en: {
      what: '{where}: the key `{path}` is not known and was passed over',
      safe: 'nothing is lost; it goes on',
      fix: 'take it out, or correct its name; known are: {known}',
    },
    es: {
      what: '{where}: la clave `{path}` no se conoce y se ha pasado por alto',
      safe: 'no se pierde nada; continúa',
      fix: 'quítela, o corrija su nombre; se conocen: {known}',
    },
  },
  CONFIG_LINE_PASSED_OVER: {
    exit: 2,
    en: {
      what: '{where}: a line that is neither KEY=VALUE nor a # comment was passed over',
      safe: 'nothing is lost; it goes on',
      fix: 'write it as KEY=VALUE, or take it out',
    },
    es: {
      what: '{where}: se ha pasado por alto una línea que no es CLAVE=VALOR ni un comentario #',
      safe: 'no se pierde nada; continúa',
      fix: 'escríbala como CLAVE=VALOR, o quítela',
    },
  },
  CONFIG_TWO_TOKENS: {
    exit: 2,
    en: {
      what: '{name} ({where}) and {other} ({otherWhere}) differ; {name} is used',
      safe: 'nothing is lost; it goes on',
      fix: 'keep only the one that the server accepts',
    },
    es: {
      what: '{name} ({where}) y {other} ({otherWhere}) difieren; se usa {name}',
      safe: 'no se pierde nada; continúa',
      fix: 'deje solo el que acepta el servidor',
    },
  },
  CONFIG_KEY_EXPOSED: {
    exit: 2,
    en: {
      what: '{file} holds a key and can be read by every user of this machine',
      safe: 'nothing is lost; it goes on',
      fix: '`chmod 600 {file}` as its owner',
    },
    es: {
      what: '{file} contiene una clave y puede leerlo cualquier usuario de esta máquina',
      safe: 'no se pierde nada; continúa',
      fix: '`chmod 600 {file}` como su propietario',
    },
  },
} as const satisfies Record<string, ErrorEntry>;

/**
 * THE declaration of the agent's settings. From it come the validated shape (`agent.ts`), the reader of the native
 * file, the commented example, the reference page and the JSON Schema. A new setting is one entry here.
 *
 * The names on the left are the program's, with their units; `key` is the file's.
 */
import { nullable } from './field.ts';
import { bytes, duration, integer } from './quantity.ts';
import type { Section } from './setting.ts';
import { many, one } from './setting.ts';
import { choice, glob, listen, path, secret, text, url } from './text.ts';

const second = 1000;
const hour = 3600 * second;
const day = 24 * hour;
const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const gibibyte = 1024 * mebibyte;

export const agentSection = {
  id: one(text, {
    key: 'id',
    default: 'auto',
    en: "The agent's name for the server. `auto` draws one at the first start and keeps it in the state directory.",
    es: 'El nombre del agente ante el servidor. `auto` elige uno en el primer arranque y lo guarda en el directorio de estado.',
  }),
  stateDirectory: one(path, {
    key: 'state_dir',
    default: './almadia-state',
    example: '${STATE_DIRECTORY:-./almadia-state}',
    en: 'Where positions, unsent lines and dead letters are kept (systemd gives a service its STATE_DIRECTORY). One agent to a directory; never on a disk that a reboot empties.',
    es: 'Dónde se guardan posiciones, líneas sin enviar y cartas muertas (systemd da a un servicio su STATE_DIRECTORY). Un agente por directorio; nunca en un disco que se vacíe al reiniciar.',
  }),
  logFile: one(nullable(path), {
    key: 'log_file',
    default: null,
    en: "The agent's own log, rotated by size; null: standard error.",
    es: 'El log del propio agente, rotado por tamaño; null: la salida de errores.',
  }),
  heartbeatIntervalMs: one(duration({ min: 100, max: day }), {
    key: 'heartbeat_interval',
    default: 60 * second,
    en: 'How often the agent shows the server that it lives.',
    es: 'Cada cuánto muestra el agente al servidor que sigue vivo.',
  }),
  metricsListen: one(nullable(listen), {
    key: 'metrics',
    rare: true,
    default: null,
    en: 'A loopback address for Prometheus metrics and /health, such as 127.0.0.1:9464; null: none.',
    es: 'Una dirección local para métricas de Prometheus y /health, como 127.0.0.1:9464; null: ninguna.',
  }),
};

export const fileSourceSection = {
  type: one(choice(['file']), {
    key: 'type',
    default: 'file',
    en: 'The kind of source.',
    es: 'La clase de fuente.',
  }),
  include: many(glob, {
    key: 'include',
    default: ['/var/log/**/*.log'],
    required: true,
    en: 'Patterns of the files to follow.',
    es: 'Patrones de los archivos que se siguen.',
  }),
  exclude: many(glob, {
    key: 'exclude',
    default: ['**/*.gz'],
    en: 'Patterns of files to leave alone.',
    es: 'Patrones de los archivos que no se tocan.',
  }),
  startAt: one(choice(['end', 'beginning']), {
    key: 'start_at',
    default: 'end',
    en: 'Where files that are there at the very first start begin; files that appear later are read from their beginning.',
    es: 'Por dónde empiezan los archivos presentes en el primer arranque; los que aparecen después se leen desde el principio.',
  }),
  lineBytesMax: one(bytes({ min: 64, max: 64 * mebibyte }), {
    key: 'line_bytes_max',
    rare: true,
    default: mebibyte,
    en: 'Longer lines are cut here, flagged and counted.',
    es: 'Las líneas más largas se cortan aquí, se marcan y se cuentan.',
  }),
  partialLineTimeoutMs: one(nullable(duration({ min: 100, max: day })), {
    key: 'partial_line_timeout',
    rare: true,
    default: null,
    en: 'An unfinished last line is sent after so long without growth; null: only at the final end of its file.',
    es: 'Una última línea incompleta se envía tras este tiempo sin crecer; null: solo al final definitivo de su archivo.',
  }),
  rotateWaitMs: one(duration({ min: 0, max: day }), {
    key: 'rotate_wait',
    rare: true,
    default: 5 * second,
    en: 'How long a renamed or removed file must be quiet before it is let go.',
    es: 'Cuánto debe callar un archivo renombrado o borrado antes de soltarlo.',
  }),
  copyWaitMs: one(duration({ min: 0, max: hour }), {
    key: 'copy_wait',
    rare: true,
    default: 10 * second,
    en: 'How long a file that looks like the copy of a followed one is held back (copytruncate).',
    es: 'Cuánto se retiene un archivo que parece copia de uno seguido (copytruncate).',
  }),
  rescanIntervalMs: one(duration({ min: 100, max: day }), {
    key: 'rescan_interval',
    rare: true,
    default: 10 * second,
    en: 'The slow full pass over the disk that finds what file events missed.',
    es: 'La pasada lenta y completa por el disco que encuentra lo que los avisos no dijeron.',
  }),
  openFilesMax: one(integer({ min: 8, max: 1_000_000 }), {
    key: 'open_files_max',
    rare: true,
    default: 512,
    en: 'How many followed files are held open at once.',
    es: 'Cuántos archivos seguidos se mantienen abiertos a la vez.',
  }),
};

export const outputSection = {
  name: one(text, {
    key: 'name',
    rare: true,
    default: 'default',
    en: 'The name under which the state keeps how far this output is; keep it when the address changes.',
    es: 'El nombre con el que el estado guarda hasta dónde va esta salida; consérvelo si cambia la dirección.',
  }),
  type: one(choice(['hub', 'ila-soc', 'sync-logs', 'stdout', 'file']), {
    key: 'type',
    default: 'hub',
    en: 'What is spoken: an Almadía hub, an ila-soc or a sync-logs server, or lines to standard output or a file.',
    es: 'Qué se habla: un hub de Almadía, un servidor ila-soc o sync-logs, o líneas a la salida estándar o a un archivo.',
  }),
  url: one(nullable(url), {
    key: 'url',
    example: 'http://localhost:5000',
    default: null,
    en: "The server's address; needed for hub, ila-soc and sync-logs.",
    es: 'La dirección del servidor; necesaria para hub, ila-soc y sync-logs.',
  }),
  key: one(nullable(secret), {
    key: 'key',
    example: '${ALMADIA_KEY}',
    default: null,
    en: 'The key that the server accepts; better `${ALMADIA_KEY}` or key_file than in the file.',
    es: 'La clave que acepta el servidor; mejor `${ALMADIA_KEY}` o key_file que en el archivo.',
  }),
  keyFile: one(nullable(path), {
    key: 'key_file',
    rare: true,
    default: null,
    en: 'A file that holds the key; a new key in it is picked up without a restart.',
    es: 'Un archivo con la clave; una clave nueva en él se toma sin reiniciar.',
  }),
  caFile: one(nullable(path), {
    key: 'ca_file',
    rare: true,
    default: null,
    en: "PEM certificates to trust instead of the system's.",
    es: 'Certificados PEM en los que confiar en lugar de los del sistema.',
  }),
  certFile: one(nullable(path), {
    key: 'cert_file',
    rare: true,
    default: null,
    en: "The agent's own PEM certificate, for servers that ask for one.",
    es: 'El certificado PEM del propio agente, para servidores que lo piden.',
  }),
  certKeyFile: one(nullable(path), {
    key: 'cert_key_file',
    rare: true,
    default: null,
    en: 'The private key of cert_file, in PEM and without a pass phrase; null: it is in cert_file too.',
    es: 'La clave privada de cert_file, en PEM y sin contraseña; null: está también en cert_file.',
  }),
  timeoutMs: one(duration({ min: 100, max: hour }), {
    key: 'timeout',
    rare: true,
    default: 30 * second,
    byType: { 'sync-logs': 10 * second },
    en: 'From the start of a request to the last byte of its reply.',
    es: 'Desde el inicio de una petición hasta el último byte de su respuesta.',
  }),
  gzip: one(choice(['auto', 'never']), {
    key: 'gzip',
    rare: true,
    default: 'auto',
    en: 'Compress requests where the server says that it takes them.',
    es: 'Comprimir las peticiones si el servidor dice que las acepta.',
  }),
  source: one(nullable(text), {
    key: 'source',
    rare: true,
    default: null,
    en: 'What sync-logs calls this machine; needed for it, unused by the others.',
    es: 'Cómo llama sync-logs a esta máquina; necesario para él, sin uso en los demás.',
  }),
  path: one(nullable(path), {
    key: 'path',
    rare: true,
    default: null,
    en: 'Where the output `file` writes.',
    es: 'Dónde escribe la salida `file`.',
  }),
  format: one(choice(['ndjson', 'lines']), {
    key: 'format',
    default: 'ndjson',
    en: 'How stdout and file write: one JSON object a line with its place in its file, or the lines as they are.',
    es: 'Cómo escriben stdout y file: un objeto JSON por línea con su lugar en su archivo, o las líneas tal cual.',
  }),
  bodyBytesMax: one(nullable(bytes({ min: 512, max: 64 * mebibyte })), {
    key: 'body_bytes_max',
    rare: true,
    default: null,
    byType: { 'sync-logs': 7500 },
    en: 'The largest request body; null: no limit but the batch.',
    es: 'El mayor cuerpo de petición; null: sin más límite que el lote.',
  }),
  recordBytesMax: one(nullable(bytes({ min: 64, max: 64 * mebibyte })), {
    key: 'record_bytes_max',
    rare: true,
    default: null,
    byType: { 'sync-logs': 6000 },
    en: 'The longest line that is sent to sync-logs; longer ones end in ...[TRUNCATED].',
    es: 'La línea más larga que se envía a sync-logs; las mayores acaban en ...[TRUNCATED].',
  }),
};

export const batchSection = {
  bytesMax: one(bytes({ min: 256, max: 64 * mebibyte }), {
    key: 'bytes',
    default: 2 * mebibyte,
    en: 'A batch is closed at so many bytes of lines,',
    es: 'Un lote se cierra al llegar a estos bytes de líneas,',
  }),
  recordsMax: one(integer({ min: 1, max: 1_000_000 }), {
    key: 'records',
    default: 50_000,
    en: 'or at so many lines,',
    es: 'o a este número de líneas,',
  }),
  intervalMs: one(duration({ min: 0, max: hour }), {
    key: 'interval',
    default: 500,
    en: 'or after so long, whichever comes first; 0: a line is sent as soon as it is read.',
    es: 'o tras este tiempo, lo que ocurra antes; 0: una línea se envía en cuanto se lee.',
  }),
};

export const spoolSection = {
  bytesMax: one(bytes({ min: 64 * kibibyte, max: 1024 * 1024 * gibibyte }), {
    key: 'bytes',
    default: gibibyte,
    en: 'How much is kept on disk while the server is away; past that, files wait to be read and nothing is dropped.',
    es: 'Cuánto se guarda en disco mientras el servidor falta; más allá, los archivos esperan a ser leídos y nada se pierde.',
  }),
};

export const retrySection = {
  initialMs: one(duration({ min: 1, max: hour }), {
    key: 'initial',
    default: 500,
    en: 'The wait after the first failure; it doubles, with jitter,',
    es: 'La espera tras el primer fallo; se duplica, con variación,',
  }),
  maxMs: one(duration({ min: 1, max: day }), {
    key: 'max',
    default: 60 * second,
    en: 'up to this.',
    es: 'hasta esta.',
  }),
  attemptsMax: one(nullable(integer({ min: 1, max: 1_000_000 })), {
    key: 'attempts',
    default: null,
    en: 'After so many answers that blame one batch it becomes a dead letter, kept and replayable; null: never.',
    es: 'Tras tantas respuestas que culpan a un lote, este pasa a carta muerta, guardada y repetible; null: nunca.',
  }),
};

export const limitsSection = {
  memoryBytesMax: one(nullable(bytes({ min: 4 * mebibyte, max: 2 * gibibyte })), {
    key: 'memory',
    default: null,
    en: 'How much memory lines may take on their way, read, encoded and in flight, beside what the program itself needs; null: four times batch.bytes or line_bytes_max, and 20MiB at least.',
    es: 'Cuánta memoria pueden ocupar las líneas en camino, leídas, codificadas y en vuelo, además de la que necesita el programa; null: cuatro veces batch.bytes o line_bytes_max, y 20MiB como mínimo.',
  }),
};

export type SectionName = 'agent' | 'sources' | 'output' | 'batch' | 'spool' | 'retry' | 'limits';

/** All of the native file, in its order. `sources` is a list of such sections. */
export const declaration = {
  agent: agentSection,
  sources: fileSourceSection,
  output: outputSection,
  batch: batchSection,
  spool: spoolSection,
  retry: retrySection,
  limits: limitsSection,
} as const satisfies Record<SectionName, Section>;

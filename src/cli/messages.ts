/**
 * What the command line says, in both languages, one entry a sentence. {names} are filled from values. The texts of
 * failures are in host/error-table.ts; each command's own summary and options are in its description.
 */
import type { Language } from '../host/errors.ts';
import type { Text } from './command.ts';

export const messages = {
  programSummary: {
    en: 'Brings every line of your logs, exactly once, to a central hub',
    es: 'Lleva cada línea de sus logs, exactamente una vez, a un hub central',
  },
  // The parser's own words.
  usageTitle: { en: 'Usage:', es: 'Uso:' },
  argumentsTitle: { en: 'Arguments:', es: 'Argumentos:' },
  optionsTitle: { en: 'Options:', es: 'Opciones:' },
  commandsTitle: { en: 'Commands:', es: 'Órdenes:' },
  exitsTitle: { en: 'Exit status:', es: 'Estado de salida:' },
  usageOptions: { en: '[options]', es: '[opciones]' },
  usageCommand: { en: '<command>', es: '<orden>' },
  helpOption: { en: 'show this help', es: 'muestra esta ayuda' },
  langOption: {
    en: 'language of messages: es or en (else from LC_ALL, LC_MESSAGES, LANG)',
    es: 'idioma de los mensajes: es o en (si no, el de LC_ALL, LC_MESSAGES, LANG)',
  },
  versionOption: { en: 'print the version', es: 'imprime la versión' },
  defaultValue: { en: '(default: {value})', es: '(por omisión: {value})' },
  helpMore: {
    en: '`almadia <command> --help` tells more about a command.',
    es: '`almadia <orden> --help` explica cada orden.',
  },
  exitDone: { en: 'done', es: 'hecho' },
  exitUsage: {
    en: 'the command line or the configuration is wrong',
    es: 'la línea de órdenes o la configuración son incorrectas',
  },
  exitMachine: {
    en: 'the machine refuses (disk, port, lock)',
    es: 'la máquina se niega (disco, puerto, bloqueo)',
  },
  // How a failure is laid out.
  error: { en: 'error: {what} ({code})', es: 'error: {what} ({code})' },
  warning: { en: 'warning: {what} ({code})', es: 'aviso: {what} ({code})' },
  safe: { en: '  data: {safe}', es: '  datos: {safe}' },
  fix: { en: '  fix:  {fix}', es: '  arreglo: {fix}' },
  // generate
  generateStarts: {
    en: 'Writing {rate} lines a second to {path}; Ctrl+C stops it.\n',
    es: 'Escribiendo {rate} líneas por segundo en {path}; Ctrl+C lo detiene.\n',
  },
  generateStartsFast: {
    en: 'Writing to {path} as fast as it takes them; Ctrl+C stops it.\n',
    es: 'Escribiendo en {path} tan rápido como se pueda; Ctrl+C lo detiene.\n',
  },
  generateDone: {
    en: '{lines} lines, {bytes} bytes in {seconds} s; last sequence_id {sequence}.\n',
    es: '{lines} líneas, {bytes} bytes en {seconds} s; último sequence_id {sequence}.\n',
  },
  // service
  serviceInstalled: {
    en: 'Installed as {path} and started.\n`almadia service status` tells how it is, `journalctl -u {name} -f` what it says.\n',
    es: 'Instalado como {path} y arrancado.\n`almadia service status` dice cómo está, `journalctl -u {name} -f` lo que cuenta.\n',
  },
  serviceRemoved: {
    en: 'Removed the service {name}. Its positions and unsent lines stay in /var/lib/{name}.\n',
    es: 'Servicio {name} quitado. Sus posiciones y líneas sin enviar siguen en /var/lib/{name}.\n',
  },
  serviceAbsent: {
    en: 'The service {name} is not installed.\n',
    es: 'El servicio {name} no está instalado.\n',
  },
  serviceStatus: {
    en: '{name}: {active}, {enabled} at boot, process {pid}, {restarts} restarts.\n',
    es: '{name}: {active}, {enabled} al arrancar, proceso {pid}, {restarts} reinicios.\n',
  },
  // run
  hubListens: {
    en: 'The hub answers at {url}: open it in a browser, or name it as the server of an agent.',
    es: 'El hub responde en {url}: ábralo en un navegador, o indíquelo como servidor de un agente.',
  },
  keyAdded: {
    en: 'Key {id} for {name}, shown only this once: {key}',
    es: 'Clave {id} para {name}, que solo se muestra esta vez: {key}',
  },
  keyRevoked: { en: 'Key {id} is revoked.', es: 'La clave {id} queda revocada.' },
  backupMade: {
    en: 'The back-up in {path} is whole and proved: {bytes}. It holds every line; keep it as safe as the hub.',
    es: 'La copia en {path} está entera y comprobada: {bytes}. Contiene cada línea; guárdela como el propio hub.',
  },
  backupRestored: {
    en: '{path} holds what the back-up held: {bytes}. Start the hub on it: `almadia hub --data {path}`.',
    es: '{path} contiene lo que contenía la copia: {bytes}. Inicie el hub con él: `almadia hub --data {path}`.',
  },
  hubIndexesMade: { en: 'The indexes were made anew.', es: 'Se han rehecho los índices.' },
  hubWhole: {
    en: 'All is whole: {streams} streams, {chains} chains.',
    es: 'Todo está entero: {streams} flujos, {chains} cadenas.',
  },
  hubFaulty: {
    en: '{faults} faults in {streams} streams and {chains} chains. What is lost lies in a back-up, or still in the files of its agent.',
    es: '{faults} fallos en {streams} flujos y {chains} cadenas. Lo perdido está en una copia, o aún en los archivos de su agente.',
  },
  keysNone: { en: 'There are no keys of agents.', es: 'No hay claves de agentes.' },
  keyId: { en: 'id', es: 'id' },
  keyName: { en: 'name', es: 'nombre' },
  keyAgent: { en: 'agent', es: 'agente' },
  keyAnyAgent: { en: 'any', es: 'cualquiera' },
  keyUsed: { en: 'used', es: 'usada' },
  keySince: { en: 'made', es: 'creada' },
  hubNewKey: {
    en: 'Its key, shown only this once: {key}',
    es: 'Su clave, que solo se muestra esta vez: {key}',
  },
  runStarted: {
    en: 'the agent runs: configuration {file}, to {target}, state in {state}',
    es: 'el agente está en marcha: configuración {file}, hacia {target}, estado en {state}',
  },
  runStopping: {
    en: 'stopping: sending what the server takes; once more to stop at once',
    es: 'deteniendo: se envía lo que acepte el servidor; otra vez para detener al instante',
  },
  runStopped: { en: 'the agent has stopped', es: 'el agente se ha detenido' },
  runReloaded: { en: 'the configuration {file} was taken', es: 'se ha tomado la configuración {file}' },
  // demo
  demoRuns: {
    en: 'Open {url} to see the lines of {file} and /var/log/*.log as they are written; Ctrl+C stops.\n',
    es: 'Abra {url} para ver las líneas de {file} y /var/log/*.log según se escriben; Ctrl+C lo detiene.\n',
  },
  demoOtherPort: {
    en: 'Port {port} is taken; the hub answers at {url} instead.\n',
    es: 'El puerto {port} está ocupado; el hub responde en {url}.\n',
  },
  demoStops: {
    en: 'Stopping; the next start goes on from here.\n',
    es: 'Deteniendo; el próximo arranque sigue desde aquí.\n',
  },
  // init and config
  initWrote: { en: 'wrote {file}\n', es: 'escrito {file}\n' },
  initKept: { en: '{file} is there already and was kept\n', es: '{file} ya existe y se ha conservado\n' },
  initNext: {
    en: 'Next: set output.url in it and the key in ALMADIA_KEY, then `almadia check`, then `almadia run`.\n',
    es: 'Ahora: ponga en él output.url y la clave en ALMADIA_KEY; después `almadia check` y `almadia run`.\n',
  },
  configValid: { en: '{file} is valid ({format})', es: '{file} es válido ({format})' },
  configProblems: {
    en: '{count} problems; mend them and validate again',
    es: '{count} problemas; corríjalos y valide otra vez',
  },
  configShown: {
    en: 'what takes effect, from {file} ({format})',
    es: 'lo que tiene efecto, de {file} ({format})',
  },
  originDefault: { en: 'default', es: 'por omisión' },
  originEnvironment: { en: 'environment {name}', es: 'entorno {name}' },
  originGenerated: { en: 'generated', es: 'generado' },
  // status
  ago: { en: '{duration} ago', es: 'hace {duration}' },
  statusAgent: { en: 'Agent', es: 'Agente' },
  statusHost: { en: 'Host', es: 'Host' },
  statusServer: { en: 'Server', es: 'Servidor' },
  statusConnection: { en: 'Connection', es: 'Conexión' },
  statusBuffer: { en: 'Local buffer', es: 'Buffer local' },
  statusDeadLetters: { en: 'Dead letters', es: 'Cartas muertas' },
  statusSent: { en: 'Sent', es: 'Enviado' },
  statusProcess: { en: 'Process', es: 'Proceso' },
  statusState: { en: 'State', es: 'Estado' },
  statusNone: { en: 'none', es: 'ninguna' },
  statusDeadCount: {
    en: '{batches} batches, {records} lines, {bytes} (`almadia dead-letters list`)',
    es: '{batches} lotes, {records} líneas, {bytes} (`almadia dead-letters list`)',
  },
  statusSentCount: { en: '{records} lines, {bytes}', es: '{records} líneas, {bytes}' },
  statusProcessText: {
    en: 'pid {pid}, version {version}, running for {since}, {memory} of memory',
    es: 'pid {pid}, versión {version}, en marcha desde hace {since}, {memory} de memoria',
  },
  statusBufferCount: {
    en: '{records} lines ({bytes} of {max} on disk)',
    es: '{records} líneas ({bytes} de {max} en disco)',
  },
  statusFull: {
    en: 'The local buffer is full: lines wait in their files, nothing is dropped.',
    es: 'El buffer local está lleno: las líneas esperan en sus archivos, nada se descarta.',
  },
  statusLedgerOpen: {
    en: 'The ledger does not close for {streams} streams, such as {path}: see `almadia audit`.',
    es: 'El libro no cuadra en {streams} flujos, como {path}: vea `almadia audit`.',
  },
  statusLastError: { en: 'Last error ({ago}): {reason}', es: 'Último error ({ago}): {reason}' },
  hintRefused: {
    en: 'everything is kept; `almadia check` tells what to correct',
    es: 'todo se conserva; `almadia check` dice qué corregir',
  },
  hintAway: {
    en: 'everything is kept and sent when the server is back; `almadia check` looks closer',
    es: 'todo se conserva y se enviará cuando vuelva el servidor; `almadia check` lo examina',
  },
  connectionConnecting: { en: 'not answered yet, for {since}', es: 'aún sin respuesta, desde hace {since}' },
  connectionConnected: { en: 'connected for {since}', es: 'conectado desde hace {since}' },
  connectionAway: {
    en: 'not connected for {since}: nobody answers',
    es: 'sin conexión desde hace {since}: nadie responde',
  },
  connectionRefused: {
    en: 'refused for {since}: the configuration or the key is wrong',
    es: 'rechazado desde hace {since}: la configuración o la clave son incorrectas',
  },
  connectionNext: { en: 'next try in {duration}', es: 'próximo intento en {duration}' },
  statusNobody: { en: 'no agent is running on {path}', es: 'ningún agente está en marcha en {path}' },
  statusNoFiles: { en: 'No files are followed yet.', es: 'Aún no se sigue ningún archivo.' },
  filePath: { en: 'file', es: 'archivo' },
  filePosition: { en: 'position', es: 'posición' },
  fileSize: { en: 'size', es: 'tamaño' },
  fileLag: { en: 'lag', es: 'retraso' },
  fileLagTime: { en: 'since', es: 'desde hace' },
  // audit
  auditSeen: { en: 'seen', es: 'vistos' },
  auditAcked: { en: 'acked', es: 'confirmados' },
  auditHeld: { en: 'held', es: 'retenidos' },
  auditInFlight: { en: 'in flight', es: 'en vuelo' },
  auditSpooled: { en: 'spooled', es: 'en cola' },
  auditSkipped: { en: 'skipped', es: 'saltados' },
  auditFiltered: { en: 'filtered', es: 'filtrados' },
  auditDead: { en: 'dead', es: 'muertos' },
  auditCut: { en: 'cut', es: 'cortados' },
  auditGaps: { en: 'gaps', es: 'huecos' },
  auditForgotten: { en: '(ended long ago)', es: '(acabados hace tiempo)' },
  auditTakenOver: { en: '(taken over: {stream})', es: '(heredado: {stream})' },
  auditNothing: { en: 'Nothing.', es: 'Nada.' },
  auditBeginning: { en: 'the beginning', es: 'el principio' },
  auditSince: { en: 'Since {from}:', es: 'Desde {from}:' },
  auditSinceTerm: {
    en: '  {what}: {bytes} bytes, {lines} lines',
    es: '  {what}: {bytes} bytes, {lines} líneas',
  },
  auditStopped: {
    en: 'The agent is not running: what was written since is not counted.',
    es: 'El agente no está en marcha: lo escrito desde entonces no se cuenta.',
  },
  auditComplete: {
    en: 'Complete: of {seen} bytes seen nothing is missing; {acked} were confirmed ({lines} lines), none wait.',
    es: 'Completo: de {seen} bytes vistos no falta nada; {acked} confirmados ({lines} líneas), ninguno espera.',
  },
  auditCompleteSoFar: {
    en: 'Complete so far: of {seen} bytes seen nothing is missing; {acked} were confirmed ({lines} lines), {waiting} wait to be sent.',
    es: 'Completo hasta ahora: de {seen} bytes vistos no falta nada; {acked} confirmados ({lines} líneas), {waiting} esperan su envío.',
  },
  auditCompleteSince: {
    en: 'Complete since then: nothing was lost; {waiting} bytes wait to be sent.',
    es: 'Completo desde entonces: no se ha perdido nada; {waiting} bytes esperan su envío.',
  },
  auditMissing: {
    en: 'Missing: {bytes} bytes have not arrived and will not by themselves: {gaps} in gaps, {dead} in dead letters, {cut} cut off long lines.',
    es: 'Falta: {bytes} bytes no han llegado ni llegarán por sí solos: {gaps} en huecos, {dead} en cartas muertas, {cut} cortados de líneas largas.',
  },
  auditPlace: {
    en: '  {path}, bytes {from} to {to}: {reason} ({at})',
    es: '  {path}, bytes {from} a {to}: {reason} ({at})',
  },
  auditDeadReason: { en: 'dead letter, {reason}', es: 'carta muerta, {reason}' },
  auditMore: {
    en: '  and {count} older places; --json lists them',
    es: '  y {count} lugares anteriores; --json los da todos',
  },
  auditMorePlaces: {
    en: '  and {count} more places; --json lists them',
    es: '  y {count} lugares más; --json los da todos',
  },
  auditHubComplete: {
    en: 'The hub {url} has all that was confirmed: {bytes} bytes in {streams} streams.',
    es: 'El hub {url} tiene todo lo confirmado: {bytes} bytes en {streams} flujos.',
  },
  auditHubMissing: {
    en: 'Missing at the hub {url}: {bytes} bytes that it had confirmed.',
    es: 'Falta en el hub {url}: {bytes} bytes que había confirmado.',
  },
  auditHubPlace: {
    en: '  {path}, bytes {from} to {to}: {reason} (stream {stream})',
    es: '  {path}, bytes {from} a {to}: {reason} (flujo {stream})',
  },
  auditHubUnsigned: {
    en: 'The hub {url} does not have the newest batch for which this agent holds its receipt: it was put back from a copy, or somebody changed what it had stored.',
    es: 'El hub {url} no tiene el último lote del que este agente guarda su recibo: se restauró de una copia, o alguien cambió lo que había guardado.',
  },
  auditHubUnknown: { en: 'not known there', es: 'desconocidos allí' },
  auditOpen: {
    en: 'The ledger does not close: {bytes} bytes and {lines} lines of {path} are not accounted for (stream {stream}). This is a fault of almadia; please report it.',
    es: 'El libro no cuadra: faltan por justificar {bytes} bytes y {lines} líneas de {path} (flujo {stream}). Es un fallo de almadia; por favor, informe de él.',
  },
  // dead letters
  deadNone: { en: 'There are no dead letters.', es: 'No hay cartas muertas.' },
  deadName: { en: 'name', es: 'nombre' },
  deadLines: { en: 'lines', es: 'líneas' },
  deadBytes: { en: 'size', es: 'tamaño' },
  deadSince: { en: 'since', es: 'desde' },
  deadReason: { en: 'reason and files', es: 'motivo y archivos' },
  deadReplaying: { en: 'to be sent again', es: 'se enviará otra vez' },
  deadReplayed: { en: '{count} to be sent once more', es: '{count} se enviarán otra vez' },
  deadDropped: { en: '{count} dropped for good', es: '{count} descartadas para siempre' },
  // check: the Spanish is seed A's, to the letter
  checkBegin: {
    en: '--- Starting the Agent Sanity Tests ---',
    es: '--- Iniciando Pruebas de Sanidad del Agente ---',
  },
  checkTrying: { en: '--> Testing: {title}...', es: '--> Probando: {title}...' },
  checkOk: { en: ' [OK]: {title}', es: ' [OK]: {title}' },
  checkFailed: { en: '  [FAIL]: {title}', es: '  [FALLO]: {title}' },
  checkFiles: { en: 'Access to the log files', es: 'Acceso al archivo de logs' },
  checkDirectories: { en: 'Directories of the agent', es: 'Directorios del agente' },
  checkServer: { en: 'API connectivity and authentication', es: 'Conectividad y Autenticacion API' },
  checkSending: {
    en: 'Trying to send a test payload to: {url}',
    es: 'Intentando enviar un payload de prueba a: {url}',
  },
  checkOtherWay: {
    en: 'the server has no test endpoint; {path} was used instead, with nothing in it',
    es: 'el servidor no tiene punto de prueba; se uso {path} en su lugar, sin contenido',
  },
  checkLineSent: { en: 'one real line was sent: {text}', es: 'se ha enviado una línea real: {text}' },
  checkWarning: { en: '  -> Warning: {cause} ({code})', es: '  -> Aviso: {cause} ({code})' },
  checkCause: { en: '  -> Cause: {cause} ({code})', es: '  -> Causa: {cause} ({code})' },
  checkSafe: { en: '  -> Data: {safe}', es: '  -> Datos: {safe}' },
  checkFix: { en: '  -> Fix: {fix}', es: '  -> Arreglo: {fix}' },
  checkAllPassed: {
    en: '  -> Excellent! All tests passed. The agent is ready to run.',
    es: '  -> ¡Excelente! Todas las pruebas pasaron. El agente esta listo para ejecutarse.',
  },
  checkSomeFailed: {
    en: '  -> One or more tests failed. Check the configuration.',
    es: '  -> Una o mas pruebas fallaron. Revisa la configuracion.',
  },
} as const satisfies Record<string, Text>;

export type MessageKey = keyof typeof messages;
export type MessageValues = Readonly<Record<string, string | number>>;

/** One message in a language, its {names} filled. */
export function say(language: Language, key: MessageKey, values: MessageValues = {}): string {
  return messages[key][language].replace(/\{(\w+)\}/g, (whole, name: string) =>
    String(values[name] ?? whole),
  );
}

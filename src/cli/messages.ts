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
  demoStops: {
    en: 'Stopping; the next start goes on from here.\n',
    es: 'Deteniendo; el próximo arranque sigue desde aquí.\n',
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

/** `almadia check`: seed A's connection test for any configuration. */
import { loadConfig } from '../config/load.ts';
import { checkDirectories, checkFiles } from './check-machine.ts';
import type { CheckResult } from './check-report.ts';
import { passed, resultsJson, resultText } from './check-report.ts';
import { checkServer } from './check-server.ts';
import type { CommandContext, CommandDescription } from './command.ts';
import { configOption, configRequest, jsonOption, targetOptions, tellProblems } from './config-options.ts';
import { say } from './messages.ts';

export const command: CommandDescription = {
  name: 'check',
  summary: {
    en: 'Tests the configuration: log files, directories, server, key, clock',
    es: 'Prueba la configuración: archivos de log, directorios, servidor, clave, reloj',
  },
  details: {
    en: 'Nothing is stored at the server unless --send-test-line is given. Run it as the user that the agent runs as, such as `sudo -u almadia almadia check`.',
    es: 'No se guarda nada en el servidor salvo con --send-test-line. Ejecútelo como el usuario del agente, por ejemplo `sudo -u almadia almadia check`.',
  },
  options: [
    configOption,
    ...targetOptions,
    {
      flags: '--send-test-line',
      text: {
        en: 'send one real line besides',
        es: 'enviar además una línea real',
      },
    },
    jsonOption,
  ],
  exits: [
    { code: 0, text: { en: 'all tests passed', es: 'todas las pruebas pasaron' } },
    { code: 1, text: { en: 'a test failed', es: 'una prueba falló' } },
    { code: 2, text: { en: 'the configuration is wrong', es: 'la configuración es incorrecta' } },
  ],
  run,
};

async function run(context: CommandContext): Promise<number> {
  const { host, language, console, options } = context;
  const loaded = await loadConfig(host, configRequest(options, 'id'));
  if (loaded.kind === 'invalid') {
    tellProblems(context, loaded.problems);
    return 2;
  }
  const { config } = loaded;
  const json = options.flag('json');
  const tell = (result: CheckResult): void => {
    const quietWhenFine = result.name === 'directories' && config.format === 'sync-logs';
    if (!json) console.out(resultText(result, { language, quietWhenFine }));
  };
  if (!json) console.out(`${say(language, 'checkBegin')}\n`);
  const results: CheckResult[] = [];
  const steps: readonly (() => Promise<CheckResult | null>)[] = [
    () => checkFiles(host, config.settings),
    () => checkDirectories(host, config.settings),
    () => checkServer(host, { config, language, sendTestLine: options.flag('send-test-line') }),
  ];
  for (const step of steps) {
    const result = await step();
    if (result === null) continue;
    results.push(result);
    tell(result);
  }
  const ok = passed(results);
  if (json) console.out(`${JSON.stringify(resultsJson(results, language), null, 2)}\n`);
  else console.out(`${say(language, ok ? 'checkAllPassed' : 'checkSomeFailed')}\n`);
  return ok ? 0 : 1;
}

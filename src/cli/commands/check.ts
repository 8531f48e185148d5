/** What `almadia check` is called, takes and says. */
import type { CommandDescription } from '../command.ts';
import { configOption, jsonOption, targetOptions } from '../config-options.ts';

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
  run: async (context) => (await import('../check.ts')).run(context),
};

/** What `almadia run` is called, takes and says. */
import type { CommandDescription } from '../command.ts';
import { configOption, targetOptions } from '../config-options.ts';

export const command: CommandDescription = {
  name: 'run',
  summary: {
    en: 'Runs the agent: follows the files and sends their lines',
    es: 'Ejecuta el agente: sigue los archivos y envía sus líneas',
  },
  details: {
    en: 'SIGTERM or Ctrl+C sends what the server takes within 10 seconds and keeps the rest; a second one stops at once. SIGHUP reads the configuration again. A config.json that does not exist is written with the defaults when --config names it.',
    es: 'SIGTERM o Ctrl+C envía lo que el servidor acepte en 10 segundos y guarda el resto; otro más detiene al instante. SIGHUP vuelve a leer la configuración. Un config.json inexistente se escribe con los valores por omisión si --config lo nombra.',
  },
  options: [configOption, ...targetOptions],
  exits: [
    { code: 0, text: { en: 'stopped by a signal', es: 'detenido por una señal' } },
    {
      code: 2,
      text: {
        en: 'the command line or the configuration is wrong',
        es: 'la línea de órdenes o la configuración son incorrectas',
      },
    },
    {
      code: 3,
      text: {
        en: 'the machine refuses (disk, port, another agent on the same state)',
        es: 'la máquina se niega (disco, puerto, otro agente con el mismo estado)',
      },
    },
  ],
  run: async (context) => (await import('../run.ts')).run(context),
};

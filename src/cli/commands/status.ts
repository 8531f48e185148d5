/** What `almadia status` is called, takes and says. */
import type { CommandDescription } from '../command.ts';
import { configOption, jsonOption } from '../config-options.ts';

export const command: CommandDescription = {
  name: 'status',
  summary: {
    en: 'Shows what the running agent does: server, files, buffer, last error',
    es: 'Muestra qué hace el agente en marcha: servidor, archivos, buffer, último error',
  },
  options: [
    configOption,
    {
      flags: '--state <directory>',
      text: {
        en: 'state directory of the agent, instead of finding it in a configuration',
        es: 'directorio de estado del agente, en lugar de buscarlo en una configuración',
      },
    },
    {
      flags: '--watch',
      text: {
        en: 'redraw every second until Ctrl+C',
        es: 'redibujar cada segundo hasta Ctrl+C',
      },
    },
    jsonOption,
  ],
  exits: [
    { code: 0, text: { en: 'the agent answered', es: 'el agente ha respondido' } },
    { code: 1, text: { en: 'no agent is running', es: 'ningún agente está en marcha' } },
    { code: 3, text: { en: 'it cannot be asked', es: 'no se le puede preguntar' } },
  ],
  run: async (context) => (await import('../status.ts')).run(context),
};

/** What `almadia init` is called, takes and says. */
import type { CommandDescription } from '../command.ts';

export const command: CommandDescription = {
  name: 'init',
  summary: {
    en: 'Writes a commented almadia.yaml into the working directory',
    es: 'Escribe un almadia.yaml comentado en el directorio de trabajo',
  },
  options: [
    {
      flags: '--env',
      text: {
        en: 'also write .env.example, the configuration of sync-logs',
        es: 'escribir también .env.example, la configuración de sync-logs',
      },
    },
    {
      flags: '--force',
      text: { en: 'replace files that exist', es: 'reemplazar los archivos que existan' },
    },
  ],
  exits: [
    { code: 0, text: { en: 'written', es: 'escrito' } },
    { code: 2, text: { en: 'the file exists already', es: 'el archivo ya existe' } },
    { code: 3, text: { en: 'it cannot be written', es: 'no se puede escribir' } },
  ],
  run: async (context) => (await import('../init.ts')).run(context),
};

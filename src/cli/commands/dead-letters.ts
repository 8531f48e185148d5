/** What `almadia dead-letters` is called, takes and says. */
import type { CommandDescription, CommandOption } from '../command.ts';
import { configOption, jsonOption } from '../config-options.ts';

const stateOption: CommandOption = {
  flags: '--state <directory>',
  text: {
    en: 'state directory of the agent, instead of finding it in a configuration',
    es: 'directorio de estado del agente, en lugar de buscarlo en una configuración',
  },
};

const allOption: CommandOption = {
  flags: '--all',
  text: { en: 'every dead letter', es: 'todas las cartas muertas' },
};

const names = {
  name: '[names...]',
  text: {
    en: 'as `list` gives them, such as default/42',
    es: 'como los da `list`, por ejemplo default/42',
  },
};

const exits: CommandDescription['exits'] = [
  { code: 0, text: { en: 'done', es: 'hecho' } },
  { code: 1, text: { en: 'there is no state', es: 'no hay estado' } },
  { code: 2, text: { en: 'no such dead letter', es: 'no existe esa carta muerta' } },
  { code: 3, text: { en: 'the agent or its state refuses', es: 'el agente o su estado se niegan' } },
];

export const command: CommandDescription = {
  name: 'dead-letters',
  summary: {
    en: 'Lists, shows, replays or drops the batches that were set aside',
    es: 'Lista, muestra, reenvía o descarta los lotes apartados',
  },
  options: [],
  exits: [],
  commands: [
    {
      name: 'list',
      summary: { en: 'Lists them with their reasons', es: 'Las lista con sus motivos' },
      options: [configOption, stateOption, jsonOption],
      exits,
      run: async (context) => (await import('../dead-letters.ts')).list(context),
    },
    {
      name: 'show',
      summary: {
        en: 'Writes the lines of one as they were read',
        es: 'Escribe las líneas de una tal como se leyeron',
      },
      arguments: [{ name: '<name>', text: names.text }],
      options: [configOption, stateOption, jsonOption],
      exits,
      run: async (context) => (await import('../dead-letters.ts')).show(context),
    },
    {
      name: 'replay',
      summary: { en: 'Marks them to be sent once more', es: 'Las marca para enviarse otra vez' },
      arguments: [names],
      options: [configOption, stateOption, allOption, jsonOption],
      exits,
      run: async (context) => (await import('../dead-letters.ts')).change(context, 'replay'),
    },
    {
      name: 'drop',
      summary: {
        en: 'Drops them for good; the ledger keeps their count',
        es: 'Las descarta para siempre; el libro conserva su cuenta',
      },
      arguments: [names],
      options: [configOption, stateOption, allOption, jsonOption],
      exits,
      run: async (context) => (await import('../dead-letters.ts')).change(context, 'drop'),
    },
  ],
};

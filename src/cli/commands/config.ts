/** What `almadia config` is called, takes and says. */
import type { CommandDescription } from '../command.ts';
import { configOption, jsonOption, targetOptions } from '../config-options.ts';

const exits: CommandDescription['exits'] = [
  { code: 0, text: { en: 'the configuration is valid', es: 'la configuración es válida' } },
  { code: 2, text: { en: 'it is not; every problem is told', es: 'no lo es; se dice cada problema' } },
];

export const command: CommandDescription = {
  name: 'config',
  summary: {
    en: 'Validates the configuration, or shows what takes effect',
    es: 'Valida la configuración, o muestra lo que tiene efecto',
  },
  options: [],
  exits: [],
  commands: [
    {
      name: 'validate',
      summary: {
        en: 'Tells every problem of the configuration at once, each with its place and its fix',
        es: 'Dice de una vez cada problema de la configuración, con su lugar y su arreglo',
      },
      options: [configOption, ...targetOptions, jsonOption],
      exits,
      run: async (context) => (await import('../config.ts')).validate(context),
    },
    {
      name: 'show',
      summary: {
        en: 'Shows the configuration that takes effect, with where each value came from; keys are masked',
        es: 'Muestra la configuración que tiene efecto y de dónde sale cada valor; las claves van ocultas',
      },
      options: [configOption, ...targetOptions, jsonOption],
      exits,
      run: async (context) => (await import('../config.ts')).show(context),
    },
  ],
};

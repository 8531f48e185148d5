/** What `almadia audit` is called, takes and says. */
import type { CommandDescription } from '../command.ts';
import { configOption, jsonOption, keyOption } from '../config-options.ts';

export const command: CommandDescription = {
  name: 'audit',
  summary: {
    en: 'Tells what became of every byte: complete, or what is missing, where and why',
    es: 'Dice qué fue de cada byte: completo, o qué falta, dónde y por qué',
  },
  details: {
    en: 'For every stream (one generation of one file): seen = skipped + held + in flight + spooled + acked + filtered + dead + cut + gaps, in bytes. A running agent is asked; the state of a stopped one is read. What still waits is not missing; gaps, dead letters and what was cut off too long lines are. See docs/audit.md.',
    es: 'Para cada flujo (una generación de un archivo): vistos = saltados + retenidos + en vuelo + en cola + confirmados + filtrados + muertos + cortados + huecos, en bytes. A un agente en marcha se le pregunta; de uno parado se lee el estado. Lo que aún espera no falta; los huecos, las cartas muertas y lo cortado de líneas demasiado largas, sí.',
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
      flags: '--since <duration>',
      text: {
        en: 'judge only what happened since, such as 24h or 7d, from the beginning of that hour',
        es: 'juzgar solo lo ocurrido desde hace 24h, 7d…, desde el comienzo de esa hora',
      },
    },
    {
      flags: '--stream <text>',
      text: {
        en: 'only streams whose path contains this, or whose name begins so',
        es: 'solo flujos cuya ruta contiene esto o cuyo nombre empieza así',
      },
    },
    {
      flags: '--hub [url]',
      text: {
        en: 'compare with what the hub has: this one, else the configured one',
        es: 'comparar con lo que tiene el hub: este, o si no el configurado',
      },
    },
    keyOption,
    jsonOption,
  ],
  exits: [
    {
      code: 0,
      text: { en: 'complete: nothing is missing', es: 'completo: no falta nada' },
    },
    {
      code: 1,
      text: {
        en: 'something is missing, or the ledger does not close',
        es: 'falta algo, o el libro no cuadra',
      },
    },
    {
      code: 2,
      text: {
        en: 'cannot tell: no state, no permission, a wrong option',
        es: 'no se puede saber: sin estado, sin permiso, opción incorrecta',
      },
    },
  ],
  run: async (context) => (await import('../audit.ts')).run(context),
};

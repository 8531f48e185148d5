/** What `almadia search` is called, takes and says. */
import type { CommandDescription } from '../command.ts';
import { jsonOption, keyOption } from '../config-options.ts';

export const command: CommandDescription = {
  name: 'search',
  summary: {
    en: 'Finds lines at a hub, the newest first',
    es: 'Busca líneas en un hub, las más nuevas primero',
  },
  details: {
    en: 'Words must all be in the line; "phrases", -not, OR, (groups), field:value, status:>=500, wildcards * and ?, /regular expressions/, agent: source: host: level:. Any text is a query. See docs/search.md. The key is that of --key, --key-file or ALMADIA_KEY.',
    es: 'Todas las palabras deben estar en la línea; "frases", -no, OR, (grupos), campo:valor, status:>=500, comodines * y ?, /expresiones regulares/, agent: source: host: level:. Cualquier texto es una consulta. La clave es la de --key, --key-file o ALMADIA_KEY.',
  },
  arguments: [
    {
      name: '[query...]',
      text: { en: 'what to look for; nothing: all lines', es: 'qué buscar; nada: todas las líneas' },
    },
  ],
  options: [
    {
      flags: '--hub <url>',
      text: { en: 'address of the hub', es: 'dirección del hub' },
      default: 'http://127.0.0.1:5000',
    },
    keyOption,
    {
      flags: '--key-file <file>',
      text: { en: 'a file that holds the key', es: 'un archivo que contiene la clave' },
    },
    {
      flags: '--since <moment>',
      text: {
        en: 'received from then on: 15m, 2h, 7d ago, or 2026-11-27T15:42:00Z',
        es: 'recibidas desde entonces: hace 15m, 2h, 7d, o 2026-11-27T15:42:00Z',
      },
    },
    { flags: '--until <moment>', text: { en: 'received before then', es: 'recibidas antes de entonces' } },
    { flags: '--agent <id>', text: { en: 'of this agent only', es: 'solo de este agente' } },
    { flags: '--source <name>', text: { en: 'of this source only', es: 'solo de esta fuente' } },
    {
      flags: '--limit <number>',
      text: { en: 'at most so many lines', es: 'como mucho tantas líneas' },
      default: '100',
    },
    {
      flags: '--follow',
      text: {
        en: 'show the lines oldest first, and then those that come, until it is stopped',
        es: 'mostrar las líneas de más vieja a más nueva, y luego las que lleguen, hasta que se detenga',
      },
    },
    jsonOption,
  ],
  exits: [
    { code: 0, text: { en: 'something was found', es: 'se encontró algo' } },
    { code: 1, text: { en: 'nothing was found', es: 'no se encontró nada' } },
    {
      code: 2,
      text: {
        en: 'the hub does not answer or refuses, or a wrong option',
        es: 'el hub no responde o se niega, u opción incorrecta',
      },
    },
  ],
  run: async (context) => (await import('../search.ts')).run(context),
};

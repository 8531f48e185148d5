/** What `almadia demo` is called, takes and says. */
import type { CommandDescription } from '../command.ts';

export const defaultPort = 5000;

export const command: CommandDescription = {
  name: 'demo',
  summary: {
    en: 'Shows it all: a hub, test logs, and an agent that follows them',
    es: 'Lo muestra todo: un hub, logs de prueba y un agente que los sigue',
  },
  details: {
    en: 'Ctrl+C stops it, and starting again goes on where it stopped. To begin anew, remove its directory.',
    es: 'Ctrl+C lo detiene; al arrancar de nuevo sigue donde estaba. Para empezar de cero, borre su directorio.',
  },
  options: [
    {
      flags: '--port <number>',
      text: {
        en: `port of the hub (else ${defaultPort}, or the next that is free)`,
        es: `puerto del hub (si no, ${defaultPort} o el siguiente que esté libre)`,
      },
    },
    {
      flags: '--data <directory>',
      text: { en: 'where everything is kept', es: 'dónde se guarda todo' },
      default: './almadia-demo',
    },
    {
      flags: '--rate <lines>',
      text: { en: 'test lines a second', es: 'líneas de prueba por segundo' },
      default: '3',
    },
  ],
  exits: [
    { code: 0, text: { en: 'stopped by a signal', es: 'detenido por una señal' } },
    { code: 2, text: { en: 'the command line is wrong', es: 'la línea de órdenes es incorrecta' } },
    {
      code: 3,
      text: {
        en: 'the machine refuses (disk, port, a demo that runs already)',
        es: 'la máquina se niega (disco, puerto, una demostración ya en marcha)',
      },
    },
  ],
  run: async (context) => (await import('../demo.ts')).run(context),
};

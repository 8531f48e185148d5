/** What `almadia generate` is called, takes and says. */
import { eventKinds } from '../../generator/kinds.ts';
import type { CommandDescription } from '../command.ts';

export const kindNames = eventKinds.map((kind) => kind.name).join(', ');

export const command: CommandDescription = {
  name: 'generate',
  summary: {
    en: 'Writes test logs: 14 kinds of events at a steady rate',
    es: 'Escribe logs de prueba: 14 tipos de eventos a un ritmo constante',
  },
  details: {
    en: 'Every line carries a sequence_id that grows by one, so that holes and repeats can be seen. A file that is there already is continued. Ctrl+C stops after a whole line.',
    es: 'Cada línea lleva un sequence_id que crece de uno en uno, para que se vean huecos y repeticiones. Un archivo que ya existe se continúa. Ctrl+C detiene tras una línea completa.',
  },
  options: [
    {
      flags: '--out <file>',
      text: {
        en: 'file to append to (else standard output)',
        es: 'archivo al que añadir (si no, la salida estándar)',
      },
    },
    {
      flags: '--rate <lines>',
      text: {
        en: 'lines a second; 0: as fast as possible',
        es: 'líneas por segundo; 0: tan rápido como se pueda',
      },
      default: '5',
    },
    {
      flags: '--count <lines>',
      text: {
        en: 'stop after so many lines (else go on until Ctrl+C)',
        es: 'parar tras ese número de líneas (si no, seguir hasta Ctrl+C)',
      },
    },
    {
      flags: '--kinds <names>',
      text: {
        en: `only these kinds, separated by commas: ${kindNames}`,
        es: `solo estos tipos, separados por comas: ${kindNames}`,
      },
    },
    {
      flags: '--format <format>',
      text: { en: 'json, nginx or syslog', es: 'json, nginx o syslog' },
      default: 'json',
    },
    {
      flags: '--seed <number>',
      text: {
        en: 'the same bytes every time: chance begins with this number, times at 2025-01-01T00:00:00Z',
        es: 'los mismos bytes cada vez: el azar empieza en este número y las horas en 2025-01-01T00:00:00Z',
      },
    },
  ],
  exits: [
    {
      code: 0,
      text: { en: 'the count was reached, or it was stopped', es: 'se alcanzó el número, o se detuvo' },
    },
    {
      code: 2,
      text: { en: 'the command line is wrong', es: 'la línea de órdenes es incorrecta' },
    },
    {
      code: 3,
      text: { en: 'the file cannot be written', es: 'no se puede escribir el archivo' },
    },
  ],
  run: async (context) => (await import('../generate.ts')).run(context),
};

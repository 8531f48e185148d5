/** `almadia generate`: test logs, to a file or to standard output. */
import { resolve } from 'node:path';
import type { GeneratorFormat } from '../generator/formats.ts';
import type { GeneratorSettings, GeneratorSummary } from '../generator/generator.ts';
import { generate } from '../generator/generator.ts';
import type { EventKind } from '../generator/kinds.ts';
import { eventKinds } from '../generator/kinds.ts';
import { openLogFile } from '../generator/log-file.ts';
import { AlmadiaError } from '../host/errors.ts';
import type { CommandContext, CommandDescription, Options } from './command.ts';
import { say } from './messages.ts';
import { choiceOption, decimalOption, integerOption } from './options.ts';

const formats: readonly GeneratorFormat[] = ['json', 'nginx', 'syslog'];
const kindNames = eventKinds.map((kind) => kind.name).join(', ');

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
  run,
};

async function run(context: CommandContext): Promise<number> {
  const { host, options, signals } = context;
  const settings = settingsFrom(options, context);
  const out = options.text('out');
  const stop = new AbortController();
  const off = (['SIGINT', 'SIGTERM'] as const).map((name) => signals.on(name, () => stop.abort()));
  try {
    const summary =
      out === undefined
        ? await toStandardOutput(settings, context, stop.signal)
        : await toFile(settings, { path: resolve(host.process.workingDirectory, out), context }, stop.signal);
    context.console.err(summaryText(summary, context));
    return 0;
  } finally {
    for (const release of off) release();
  }
}

async function toFile(
  settings: GeneratorSettings,
  target: { readonly path: string; readonly context: CommandContext },
  signal: AbortSignal,
): Promise<GeneratorSummary> {
  const { host, console, language, options } = target.context;
  const file = await openLogFile(host.disk, target.path, { rotateBytes: null });
  try {
    const rate = options.text('rate') ?? '';
    const key = settings.ratePerS === 0 ? 'generateStartsFast' : 'generateStarts';
    console.err(say(language, key, { path: target.path, rate }));
    const machine = { clock: host.clock, write: (lines: Uint8Array) => file.write(lines) };
    return await generate({ ...settings, firstSequence: file.nextSequence }, machine, signal);
  } finally {
    await file.close();
  }
}

function toStandardOutput(
  settings: GeneratorSettings,
  { host, console }: CommandContext,
  signal: AbortSignal,
): Promise<GeneratorSummary> {
  return generate(settings, { clock: host.clock, write: (lines) => console.write(lines) }, signal);
}

function settingsFrom(options: Options, context: CommandContext): GeneratorSettings {
  const seed = integerOption(options, 'seed', { min: 0, max: 2 ** 32 - 1 });
  return {
    format: choiceOption(options, 'format', formats) ?? 'json',
    kinds: kindsFrom(options.text('kinds')),
    ratePerS: decimalOption(options, 'rate', { min: 0, max: 10_000_000 }) ?? 5,
    count: integerOption(options, 'count', { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? null,
    seed: seed ?? Buffer.from(context.host.random.bytes(4)).readUInt32LE(),
    time: seed === undefined ? 'clock' : 'fixed',
    firstSequence: 1,
    // A seed gives the same bytes on every machine.
    hostname: seed === undefined ? context.host.process.hostname : 'servidor',
  };
}

function kindsFrom(names: string | undefined): readonly EventKind[] {
  if (names === undefined) return eventKinds;
  const wanted = names.split(',').map((name) => name.trim());
  for (const name of wanted) {
    if (eventKinds.some((kind) => kind.name === name)) continue;
    throw new AlmadiaError('OPTION_INVALID', { option: '--kinds', value: name, expected: kindNames });
  }
  return eventKinds.filter((kind) => wanted.includes(kind.name));
}

function summaryText(summary: GeneratorSummary, { language }: CommandContext): string {
  return say(language, 'generateDone', {
    lines: summary.lines,
    bytes: summary.bytes,
    seconds: (summary.elapsedMs / 1000).toFixed(1),
    sequence: summary.lastSequence,
  });
}

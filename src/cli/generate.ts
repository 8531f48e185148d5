/** `almadia generate`: test logs, to a file or to standard output. */
import { resolve } from 'node:path';
import type { GeneratorFormat } from '../generator/formats.ts';
import type { GeneratorSettings, GeneratorSummary } from '../generator/generator.ts';
import { generate } from '../generator/generator.ts';
import type { EventKind } from '../generator/kinds.ts';
import { eventKinds } from '../generator/kinds.ts';
import { openLogFile } from '../generator/log-file.ts';
import { AlmadiaError } from '../host/errors.ts';
import type { CommandContext, Options } from './command.ts';
import { kindNames } from './commands/generate.ts';
import { say } from './messages.ts';
import { choiceOption, decimalOption, integerOption } from './options.ts';

const formats: readonly GeneratorFormat[] = ['json', 'nginx', 'syslog'];
export async function run(context: CommandContext): Promise<number> {
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

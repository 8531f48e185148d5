/** Reading what the parser found by the long names of options, and checking their values. */
import { AlmadiaError } from '../host/errors.ts';
import type { Field } from '../settings/field.ts';
import { type Bounds, bytes, duration } from '../settings/quantity.ts';
import type { CommandOption, Options } from './command.ts';

/** The long name in a description's flags, without dashes: `-c, --config <file>` gives `config`. */
export function longName(flags: string): string {
  return /--([a-z][a-z-]*)/.exec(flags)?.[1] ?? flags;
}

/** `found` has the names in camel case, as the parser gives them. */
export function optionsFrom(
  found: Readonly<Record<string, unknown>>,
  descriptions: readonly CommandOption[],
): Options {
  const defaults = new Map(descriptions.map((option) => [longName(option.flags), option.default]));
  const given = (name: string): unknown =>
    found[name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
  return {
    text(name) {
      const value = given(name);
      return typeof value === 'string' ? value : defaults.get(name);
    },
    flag: (name) => given(name) === true,
    list(name) {
      const value = given(name);
      return Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : [];
    },
  };
}

/** A whole number between bounds, both included. Throws OPTION_INVALID. */
export function integerOption(
  options: Options,
  name: string,
  bounds: { readonly min: number; readonly max: number },
): number | undefined {
  const text = options.text(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return value;
  throw new AlmadiaError('OPTION_INVALID', {
    option: `--${name}`,
    value: text,
    expected: `${bounds.min}..${bounds.max}`,
  });
}

/** A number with or without decimals, between bounds, both included. Throws OPTION_INVALID. */
export function decimalOption(
  options: Options,
  name: string,
  bounds: { readonly min: number; readonly max: number },
): number | undefined {
  const text = options.text(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return value;
  throw new AlmadiaError('OPTION_INVALID', {
    option: `--${name}`,
    value: text,
    expected: `${bounds.min}..${bounds.max}`,
  });
}

/** A time with its unit, such as `24h`, in milliseconds. Throws OPTION_INVALID. */
export function durationOption(options: Options, name: string, bounds: Bounds): number | undefined {
  return countedOption(options, name, duration(bounds));
}

/** A size with its unit, such as `10GiB`, in bytes. Throws OPTION_INVALID. */
export function sizeOption(options: Options, name: string, bounds: Bounds): number | undefined {
  return countedOption(options, name, bytes(bounds));
}

function countedOption(
  options: Options,
  name: string,
  { parse, limits }: Pick<Field<number>, 'parse' | 'limits'>,
): number | undefined {
  const text = options.text(name);
  if (text === undefined) return undefined;
  const parsed = parse(text);
  if (parsed.kind === 'value') return parsed.value;
  throw new AlmadiaError('OPTION_INVALID', { option: `--${name}`, value: text, expected: limits });
}

/** One of a few words. Throws OPTION_INVALID. */
export function choiceOption<Choice extends string>(
  options: Options,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = options.text(name);
  if (text === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw new AlmadiaError('OPTION_INVALID', {
    option: `--${name}`,
    value: text,
    expected: choices.join(', '),
  });
}

/**
 * Fields that count: bytes, durations, integers. Sizes and times carry their unit in the file, so that nobody has to
 * guess; inside the program sizes are bytes and times are milliseconds.
 */
import type { Field, Parsed } from './field.ts';
import { value, wrong } from './field.ts';

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** In the order of `writeUnits`: the largest unit that divides the value is the one that is written. */
const byteUnits: readonly (readonly [string, number])[] = [
  ['TiB', 1024 ** 4],
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
  ['B', 1],
];

/** Read, but never written: powers of 1000, as disks are sold. */
const decimalByteUnits: readonly (readonly [string, number])[] = [
  ['TB', 1000 ** 4],
  ['GB', 1000 ** 3],
  ['MB', 1000 ** 2],
  ['kB', 1000],
  ['KB', 1000],
];

const durationUnits: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

/** `1MiB`, `7500`, `1.5GiB`, `10MB`; a bare number is bytes. */
export function bytes(bounds: Bounds): Field<number> {
  return {
    kind: 'bytes',
    nullable: false,
    parse: (raw) => {
      if (typeof raw === 'number') return within(raw, bounds, writeBytes);
      const found = readUnits(raw, [...byteUnits, ...decimalByteUnits]) ?? wholeNumber(raw);
      return found === null ? wrong : within(found, bounds, writeBytes);
    },
    write: writeBytes,
    limits: `${writeBytes(bounds.min)} … ${writeBytes(bounds.max)}`,
    schema: {
      anyOf: [
        { type: 'integer', minimum: bounds.min, maximum: bounds.max },
        { type: 'string', pattern: '^\\d+(\\.\\d+)? ?(B|[KMGT]iB|[kKMGT]B)$' },
      ],
    },
  };
}

/** `500ms`, `5s`, `1.5h`; a bare number has no unit and is refused, but for 0. */
export function duration(bounds: Bounds): Field<number> {
  return {
    kind: 'duration',
    nullable: false,
    parse: (raw) => {
      const found = raw === 0 || raw === '0' ? 0 : readUnits(raw, durationUnits);
      return found === null ? wrong : within(found, bounds, writeDuration);
    },
    write: writeDuration,
    limits: `${writeDuration(bounds.min)} … ${writeDuration(bounds.max)}`,
    schema: { anyOf: [{ const: 0 }, { type: 'string', pattern: '^\\d+(\\.\\d+)? ?(ms|s|m|h|d)$' }] },
  };
}

export function integer(bounds: Bounds): Field<number> {
  return {
    kind: 'integer',
    nullable: false,
    parse: (raw) => {
      const found = typeof raw === 'number' ? raw : wholeNumber(raw);
      if (found === null || !Number.isSafeInteger(found)) return wrong;
      return within(found, bounds, String);
    },
    write: (found) => found,
    limits: `${bounds.min} … ${bounds.max}`,
    schema: { type: 'integer', minimum: bounds.min, maximum: bounds.max },
  };
}

export function writeBytes(count: number): string {
  return writeUnits(count, byteUnits);
}

export function writeDuration(ms: number): string {
  return writeUnits(ms, durationUnits);
}

function writeUnits(amount: number, units: readonly (readonly [string, number])[]): string {
  const smallest = units.at(-1)![0];
  if (amount === 0) return `0${smallest}`;
  const [unit, size] = units.find(([, candidate]) => amount % candidate === 0) ?? [smallest, 1];
  return `${amount / size}${unit}`;
}

/** Rounded to whole bytes or milliseconds. */
function readUnits(raw: unknown, units: readonly (readonly [string, number])[]): number | null {
  const match = typeof raw === 'string' ? /^(\d{1,15}(?:\.\d{1,9})?) ?([a-zA-Z]+)$/.exec(raw.trim()) : null;
  const size = units.find(([name]) => name === match?.[2])?.[1];
  return match === null || size === undefined ? null : Math.round(Number(match[1]) * size);
}

function wholeNumber(raw: unknown): number | null {
  return typeof raw === 'string' && /^\d{1,15}$/.test(raw.trim()) ? Number(raw) : null;
}

function within(found: number, bounds: Bounds, write: (amount: number) => string): Parsed<number> {
  if (!Number.isInteger(found)) return wrong;
  if (found >= bounds.min && found <= bounds.max) return value(found);
  return { kind: 'fault', fault: { kind: 'range', least: write(bounds.min), most: write(bounds.max) } };
}

/** Numbers and foreign texts as people read them. */
import type { Language } from '../host/errors.ts';
import { say } from './messages.ts';

/** Paths and server replies are foreign: nothing that could drive a terminal gets through. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
}

/** Lines of a log for a terminal: as plain, but tabs and line ends stay. */
export function plainLines(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) =>
    char === '\n' || char === '\t' ? char : '?',
  );
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Three digits at most before the unit: `0 B`, `812 KiB`, `1.4 GiB`. */
export function shortBytes(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || amount >= 10 ? 0 : 1;
  return `${amount.toFixed(digits)} ${units[unit]}`;
}

/** The two largest units: `3 s`, `5 min`, `2 h 10 min`, `3 d 4 h`. */
export function shortDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function ago(ms: number, language: Language): string {
  return say(language, 'ago', { duration: shortDuration(ms) });
}

/** Columns of equal width, two spaces apart; those named in `right` are set to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        right.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
}

/**
 * The syntax of seed A's `.env`: `KEY=VALUE` lines and `#` comment lines, spaces round key and value taken off, one
 * pair of single or double quotes round the value taken off, `=` allowed in the value. A `#` within a value is part of
 * it: tokens hold such characters. A word `export` before the key is allowed. What fits none of this is passed over,
 * as the original did.
 */
export interface EnvEntry {
  readonly key: string;
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

export interface EnvFile {
  /** The last of a key wins; it is the only one here. */
  readonly entries: ReadonlyMap<string, EnvEntry>;
  /** Lines that are neither comments nor assignments. */
  readonly passedOver: readonly number[];
}

export function parseEnvFile(text: string): EnvFile {
  const entries = new Map<string, EnvEntry>();
  const passedOver: number[] = [];
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const match = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=(.*)$/.exec(line);
    if (match === null) {
      passedOver.push(index + 1);
      continue;
    }
    const key = match[1]!;
    entries.set(key, { key, value: unquoted(match[2]!.trim()), line: index + 1 });
  }
  return { entries, passedOver };
}

function unquoted(value: string): string {
  const quote = value[0];
  const quoted = value.length >= 2 && (quote === '"' || quote === "'") && value.endsWith(quote);
  return quoted ? value.slice(1, -1) : value;
}

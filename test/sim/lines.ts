/** The lines that writers write: each is unique, begins with its name, and is as awkward as logs are. */
import type { Dice } from '../world/dice.ts';

const pieces = [
  'ok',
  'user=ñandú',
  '“quoted”',
  '"key":"value"',
  '\t',
  '\\',
  '\u001b[31mred\u001b[0m',
  '日本',
  '🙂',
  '\0',
  '%s',
  '<b>',
];

/** Without its line end. Begins with `name` and a blank, ends with a full stop. */
export function drawLine(name: string, dice: Dice, longBytes: number): Buffer {
  const parts: Buffer[] = [Buffer.from(`${name} `)];
  const kind = dice.fraction();
  if (kind < 0.03) parts.push(Buffer.alloc(longBytes + dice.between(0, 3 * longBytes), 'x'));
  else if (kind < 0.08) parts.push(Buffer.from(dice.bytes(dice.between(1, 40)).map(withoutLineEnds)));
  else for (let at = dice.between(0, 8); at > 0; at -= 1) parts.push(Buffer.from(`${dice.pick(pieces)} `));
  parts.push(Buffer.from('.'));
  return Buffer.concat(parts);
}

/** The name with which a line begins; null when it has none. */
export function nameOf(text: string): string | null {
  return /^(\w+-\d+-\d+) /.exec(text)?.[1] ?? null;
}

function withoutLineEnds(byte: number): number {
  return byte === 0x0a || byte === 0x0d ? 0xff : byte;
}

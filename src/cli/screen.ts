/**
 * A block of lines that is redrawn in place. On a terminal it has the alternate screen for itself, so that what stood
 * there before comes back on closing; elsewhere each block simply follows the one before.
 */
import type { Console } from './command.ts';

export interface Screen {
  show(lines: readonly string[]): void;
  close(): void;
}

const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';

export function openScreen(console: Console, how: { readonly redraw: boolean }): Screen {
  if (!how.redraw) {
    return { show: (lines) => console.out(`${lines.join('\n')}\n`), close: () => undefined };
  }
  console.out(enter);
  return {
    show(lines) {
      const fitting = lines.slice(0, Math.max(1, console.rows - 1));
      const drawn = fitting.map((line) => `${line.slice(0, console.columns)}${clearLine}`);
      console.out(`${home}${drawn.join('\n')}${clearLine}\n${clearBelow}`);
    },
    close: () => console.out(leave),
  };
}

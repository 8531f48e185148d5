/** The program on the real process: what `main.ts` loads for everything but `--version`. */
import { runProgram } from './program.ts';
import { processSurroundings } from './surroundings.ts';

export function start(words: readonly string[]): Promise<number> {
  return runProgram(words, processSurroundings());
}

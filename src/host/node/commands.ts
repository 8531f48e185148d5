/** `Commands` with node's child processes. */
import type { ExecFileException } from 'node:child_process';
import { execFile } from 'node:child_process';
import { constants } from 'node:os';
import type { CommandResult, Commands } from '../commands.ts';
import { CommandError } from '../commands.ts';

const outputBytesMax = 64 * 1024;

export const nodeCommands: Commands = {
  run: (program, words, { timeoutMs }) =>
    new Promise<CommandResult>((resolve, reject) => {
      const options = { timeout: timeoutMs, maxBuffer: 1024 * 1024, encoding: 'utf8' as const };
      const child = execFile(program, [...words], options, (error, output, errors) => {
        if (error !== null && typeof error.code === 'string' && error.code.startsWith('E')) {
          reject(error.code.startsWith('ERR_') ? error : new CommandError(error.code, error.message));
          return;
        }
        const cut = (text: string) => text.slice(0, outputBytesMax);
        resolve({ status: statusOf(child, error), output: cut(output), errors: cut(errors) });
      });
      child.stdin?.end();
    }),
};

function statusOf(
  child: { readonly exitCode: number | null; readonly signalCode: NodeJS.Signals | null },
  error: ExecFileException | null,
): number {
  if (error?.killed === true) return 124;
  if (child.signalCode !== null) return 128 + (constants.signals[child.signalCode] ?? 0);
  return child.exitCode ?? 1;
}

/** The agent's own log where its settings want it, and what to do where it cannot be opened. */
import { dirname } from 'node:path';
import { diskCode } from '../host/disk.ts';
import { AlmadiaError } from '../host/errors.ts';
import type { OpenSelfLog } from '../host/node/selflog.ts';
import { openSelfLog } from '../host/node/selflog.ts';
import type { CommandContext } from './command.ts';

/** Throws LOG_UNWRITABLE. */
export async function openLog(context: CommandContext, path: string | null): Promise<OpenSelfLog> {
  try {
    if (path !== null) await context.host.disk.makeDirectory(dirname(path), 0o750);
    return openSelfLog({
      path,
      terminal: process.stderr.isTTY === true,
      writeError: (text) => context.console.err(text),
    });
  } catch (error) {
    const cause = diskCode(error) ?? (error as NodeJS.ErrnoException).code;
    if (cause === undefined) throw error;
    const values = { path: path ?? '', cause, user: context.host.process.userName };
    throw new AlmadiaError('LOG_UNWRITABLE', values, { cause: error });
  }
}

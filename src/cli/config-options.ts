/** The options by which every command of the agent finds its configuration. */
import type { ConfigRequest } from '../config/load.ts';
import type { Problem } from '../host/errors.ts';
import type { CommandContext, CommandOption, Options } from './command.ts';
import { problemText } from './report.ts';

export const configOption: CommandOption = {
  flags: '-c, --config <file>',
  text: {
    en: 'almadia.yaml, a config.json or a .env, told apart by content (else the first of these in the working directory)',
    es: 'almadia.yaml, un config.json o un .env, distinguidos por su contenido (si no, el primero de ellos en el directorio de trabajo)',
  },
};

export const keyOption: CommandOption = {
  flags: '--key <key>',
  text: {
    en: "the key, instead of the configuration's; other users of this machine can see it in the process list",
    es: 'la clave, en lugar de la configurada; otros usuarios de esta máquina pueden verla en la lista de procesos',
  },
};

export const targetOptions: readonly CommandOption[] = [
  {
    flags: '--server <url>',
    text: {
      en: "the server's address, instead of the configuration's",
      es: 'la dirección del servidor, en lugar de la configurada',
    },
  },
  keyOption,
];

export const jsonOption: CommandOption = {
  flags: '--json',
  text: { en: 'for programs: JSON on standard output', es: 'para programas: JSON en la salida estándar' },
};

export function configRequest(options: Options, writes: ConfigRequest['writes'] = 'nothing'): ConfigRequest {
  return {
    file: options.text('config'),
    server: options.text('server'),
    key: options.text('key'),
    writes: writes ?? 'nothing',
  };
}

/** Every problem of a configuration, to standard error. */
export function tellProblems(
  context: CommandContext,
  problems: readonly Problem[],
  weight: 'error' | 'warning' = 'error',
): void {
  for (const problem of problems) context.console.err(problemText(problem, context.language, weight));
}

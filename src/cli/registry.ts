/** The commands by name, in the order of `--help`. These are descriptions; what a command does is loaded when it runs. */
import type { CommandDescription } from './command.ts';
import { command as audit } from './commands/audit.ts';
import { command as check } from './commands/check.ts';
import { command as config } from './commands/config.ts';
import { command as deadLetters } from './commands/dead-letters.ts';
import { command as demo } from './commands/demo.ts';
import { command as generate } from './commands/generate.ts';
import { command as hub } from './commands/hub.ts';
import { command as init } from './commands/init.ts';
import { command as run } from './commands/run.ts';
import { command as search } from './commands/search.ts';
import { command as service } from './commands/service.ts';
import { command as status } from './commands/status.ts';

export const registry: Readonly<Record<string, CommandDescription>> = {
  run,
  init,
  check,
  status,
  audit,
  config,
  'dead-letters': deadLetters,
  hub,
  search,
  demo,
  generate,
  service,
};

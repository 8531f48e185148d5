/** The commands by name, in the order of `--help`. A command's file is only loaded when it is needed. */
import type { CommandDescription } from './command.ts';

type Load = () => Promise<{ readonly command: CommandDescription }>;

export const registry: Readonly<Record<string, Load>> = {
  run: () => import('./run.ts'),
  init: () => import('./init.ts'),
  check: () => import('./check.ts'),
  status: () => import('./status.ts'),
  config: () => import('./config.ts'),
  'dead-letters': () => import('./dead-letters.ts'),
  hub: () => import('./hub.ts'),
  demo: () => import('./demo.ts'),
  generate: () => import('./generate.ts'),
  service: () => import('./service.ts'),
};

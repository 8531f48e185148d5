/** `almadia init`: an example configuration with a comment on every setting, asking nothing. */
import { resolve } from 'node:path';
import { diskCode } from '../host/disk.ts';
import { AlmadiaError } from '../host/errors.ts';
import { readFile, writeFile } from '../host/files.ts';
import { exampleEnv, exampleYaml } from '../settings/example.ts';
import type { CommandContext } from './command.ts';
import { say } from './messages.ts';

export async function run(context: CommandContext): Promise<number> {
  const { language, options } = context;
  const force = options.flag('force');
  const both = options.flag('env');
  // Asked for the second file, one that is there already is no failure: it is left as it is.
  const kept = await write(context, { file: 'almadia.yaml', text: exampleYaml(language), force, keep: both });
  if (both) await write(context, { file: '.env.example', text: exampleEnv(language), force, keep: false });
  if (!kept) context.console.out(say(language, 'initNext'));
  return 0;
}

interface Wanted {
  readonly file: string;
  readonly text: string;
  readonly force: boolean;
  readonly keep: boolean;
}

/** True when an existing file was kept. */
async function write(context: CommandContext, wanted: Wanted): Promise<boolean> {
  const { host, language } = context;
  const { file, text, force, keep } = wanted;
  const path = resolve(host.process.workingDirectory, file);
  try {
    if (!force && (await readFile(host.disk, path, 16 * 1024 * 1024)) !== null) {
      if (!keep) throw new AlmadiaError('INIT_EXISTS', { file });
      context.console.out(say(language, 'initKept', { file }));
      return true;
    }
    await writeFile(host.disk, path, { bytes: Buffer.from(text), permissions: 0o640 });
  } catch (error) {
    const cause = diskCode(error);
    if (cause === null) throw error;
    throw new AlmadiaError('INIT_UNWRITABLE', { file, cause, user: host.process.userName }, { cause: error });
  }
  context.console.out(say(language, 'initWrote', { file }));
  return false;
}

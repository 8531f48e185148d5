/** argv -> command -> exit code. Loads nothing that `--version` does not need. */
import { version } from './cli/version.ts';

const words = process.argv.slice(2);
if (words[0] === '--version' || words[0] === '-V') {
  process.stdout.write(`${version}\n`);
} else {
  const { start } = await import('./cli/start.ts');
  process.exitCode = await start(words);
}

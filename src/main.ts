/** argv -> command -> exit code. Loads nothing that `--version` does not need. */
import { version } from './cli/version.ts';

const words = process.argv.slice(2);
if (words[0] === '--version' || words[0] === '-V') {
  process.stdout.write(`${version}\n`);
} else {
  const [{ runProgram }, { processSurroundings }] = await Promise.all([
    import('./cli/program.ts'),
    import('./cli/surroundings.ts'),
  ]);
  process.exitCode = await runProgram(words, processSurroundings());
}

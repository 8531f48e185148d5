import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError } from '../commands.ts';
import { nodeCommands } from './commands.ts';

const options = { timeoutMs: 10_000 };

test('gives the output and the exit status, and takes no word apart', async () => {
  const script = 'console.log(process.argv[1]); console.error("no"); process.exit(7)';
  const result = await nodeCommands.run(process.execPath, ['-e', script, '$(echo a); "b" *'], options);
  assert.deepEqual(result, { status: 7, output: '$(echo a); "b" *\n', errors: 'no\n' });
});

test('a program that is not there is an error of its own', async () => {
  await assert.rejects(
    nodeCommands.run('/nowhere/at-all', [], options),
    (error: unknown) => error instanceof CommandError && error.code === 'ENOENT',
  );
});

test('a program that takes too long is ended', async () => {
  const endless = ['-e', 'setInterval(() => {}, 1000)'];
  assert.equal((await nodeCommands.run(process.execPath, endless, { timeoutMs: 300 })).status, 124);
});

import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AlmadiaError } from '../host/errors.ts';
import { createHost } from '../host/node/host.ts';
import type { CommandContext, SignalName } from './command.ts';
import { command } from './commands/generate.ts';
import { optionsFrom } from './options.ts';

interface Ran {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs the command; `heard` gets the signals' handlers and is called at each write to standard output. */
async function runWith(
  given: Record<string, string>,
  heard: (signal: (name: SignalName) => void) => void = () => undefined,
): Promise<Ran> {
  let output = '';
  let errors = '';
  const handlers = new Map<SignalName, () => void>();
  const context: CommandContext = {
    host: createHost(),
    language: 'en',
    version: '0.0.0',
    options: optionsFrom(given, command.options),
    arguments: [],
    console: {
      terminal: false,
      columns: 80,
      rows: 24,
      out: () => undefined,
      err: (text) => {
        errors += text;
      },
      write: async (chunk) => {
        output += Buffer.from(chunk).toString();
        heard((name) => handlers.get(name)?.());
      },
    },
    signals: {
      on(name, handler) {
        handlers.set(name, handler);
        return () => handlers.delete(name);
      },
    },
  };
  const status = await command.run!(context);
  assert.equal(handlers.size, 0, 'it lets go of the signals');
  return { status, output, errors };
}

function temporaryFile(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-generate-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return join(directory, 'prueba.log');
}

test('writes the wanted number of lines to standard output', async () => {
  const { status, output, errors } = await runWith({ rate: '0', count: '25', kinds: 'backup, topup' });
  assert.equal(status, 0);
  const events = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(events.length, 25);
  assert.ok(events.every((event) => ['backup', 'topup'].includes(event.event)));
  assert.match(errors, /^25 lines/);
});

test('stops on Ctrl+C after a whole line, and tells what it wrote', async () => {
  const { status, output, errors } = await runWith({ rate: '0' }, (signal) => signal('SIGINT'));
  assert.equal(status, 0);
  assert.ok(output.endsWith('\n'));
  assert.match(errors, new RegExp(`^${output.split('\n').length - 1} lines`));
});

test('a file is continued: a broken last line is ended, and sequence ids go on', async (context) => {
  const out = temporaryFile(context);
  await runWith({ rate: '0', count: '3', out });
  appendFileSync(out, '{"timestamp":"2025');
  await runWith({ rate: '0', count: '2', out, format: 'nginx' });
  const lines = readFileSync(out, 'utf8').split('\n');
  assert.equal(lines[3], '{"timestamp":"2025');
  assert.match(lines[4]!, /sequence_id=4 /);
  assert.match(lines[5]!, /sequence_id=5 /);
  assert.deepEqual(lines.slice(6), ['']);
});

test('a seed gives the same file twice', async (context) => {
  const out = temporaryFile(context);
  await runWith({ rate: '100', count: '20', seed: '9', out });
  await runWith({ rate: '100', count: '20', seed: '9', out: `${out}.2` });
  assert.equal(readFileSync(out, 'utf8'), readFileSync(`${out}.2`, 'utf8'));
});

test('wrong options and files that cannot be written are named', async (context) => {
  const fails = (given: Record<string, string>, code: string, part: string) =>
    assert.rejects(
      runWith(given),
      (error: unknown) =>
        error instanceof AlmadiaError && error.code === code && error.message.includes(part),
    );
  await fails({ kinds: 'topup,nothing' }, 'OPTION_INVALID', 'nothing');
  await fails({ rate: 'fast' }, 'OPTION_INVALID', 'fast');
  await fails({ format: 'xml' }, 'OPTION_INVALID', 'xml');
  const path = join(temporaryFile(context), 'below', 'a.log');
  await fails({ count: '1', out: path }, 'GENERATE_UNWRITABLE', path);
});

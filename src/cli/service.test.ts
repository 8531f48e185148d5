import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AlmadiaError } from '../host/errors.ts';
import { createHost } from '../host/node/host.ts';
import type { CommandContext } from './command.ts';
import { command } from './commands/service.ts';
import { optionsFrom } from './options.ts';

async function printUnit(given: Record<string, string | boolean>): Promise<string> {
  let output = '';
  const print = command.commands!.find(({ name }) => name === 'print')!;
  const context: CommandContext = {
    host: createHost(),
    language: 'en',
    version: '0.0.0',
    options: optionsFrom(given, print.options),
    arguments: [],
    console: {
      terminal: false,
      columns: 80,
      rows: 24,
      out: (text) => {
        output += text;
      },
      err: () => undefined,
      write: async () => undefined,
    },
    signals: { on: () => () => undefined },
  };
  assert.equal(await print.run!(context), 0);
  return output;
}

function temporaryDirectory(context: TestContext): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'almadia-service-')));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

const sourceAndOutput = 'sources: [{ type: file, include: [/var/log/a.log] }]\noutput: { type: stdout }\n';

test('prints the unit without a configuration, and with the defaults', async () => {
  const unit = await printUnit({ config: '/nowhere/almadia.yaml' });
  assert.match(unit, /^User=almadia$/m);
  assert.match(unit, /run --config "\/nowhere\/almadia\.yaml"$/m);
  assert.doesNotMatch(unit, /ReadWritePaths/);
});

test('where the configuration makes it write is opened, and nothing else', async (context) => {
  const directory = temporaryDirectory(context);
  mkdirSync(join(directory, 'state'));
  const config = join(directory, 'almadia.yaml');
  writeFileSync(config, `agent: { state_dir: ./state, log_file: /srv/log/agent.log }\n${sourceAndOutput}`);
  const unit = await printUnit({ config });
  const opened = [...unit.matchAll(/^ReadWritePaths="(.*)"$/gm)].map((match) => match[1]);
  assert.deepEqual(opened, ['/srv/log', join(directory, 'state')]);
});

test('a state in $STATE_DIRECTORY needs no other place', async (context) => {
  const config = join(temporaryDirectory(context), 'almadia.yaml');
  writeFileSync(config, `agent: { state_dir: "\${STATE_DIRECTORY:-./here}" }\n${sourceAndOutput}`);
  assert.doesNotMatch(await printUnit({ config, name: 'shop' }), /ReadWritePaths/);
});

test("what .env names is taken from the service's directory, and from nobody else's environment", async (context) => {
  const directory = temporaryDirectory(context);
  const config = join(directory, '.env');
  const lines = [
    'SOURCE=a',
    'LOG_FILE=/var/log/a.log',
    'API_URL=http://h/api/',
    'API_TOKEN=t',
    'STATE_FILE=a.state',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  assert.doesNotMatch(await printUnit({ config }), /ReadWritePaths/);
  const unit = await printUnit({ config, directory });
  assert.ok(unit.includes(`WorkingDirectory=${directory}\n`));
  assert.ok(unit.includes(`ReadWritePaths="${directory}"\n`));
});

test('a name that could do harm is refused before anything else', async () => {
  await assert.rejects(
    printUnit({ name: '../x' }),
    (error: unknown) => error instanceof AlmadiaError && error.code === 'SERVICE_NAME_INVALID',
  );
});

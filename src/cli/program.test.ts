import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { assertGolden } from '../../test/support/golden.ts';
import { onMachine } from '../../test/support/machine.ts';
import { run } from '../../test/support/terminal.ts';
import type { CommandDescription, Text } from './command.ts';
import { languageOf } from './language.ts';
import { messages } from './messages.ts';
import { registry } from './registry.ts';
import { version } from './version.ts';

const root = resolve(import.meta.dirname, '../../..');

test('the version is that of the package, and quick to ask', () => {
  const described = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { version: string };
  assert.equal(version, described.version);
  const asked = spawnSync(process.execPath, [resolve(root, 'bin/almadia'), '--version'], {
    encoding: 'utf8',
  });
  assert.equal(asked.stdout, `${version}\n`);
  assert.equal(asked.status, 0);
});

test('takes the language from --lang, else from the locale', () => {
  assert.equal(languageOf({ LC_ALL: 'es_ES.UTF-8', LANG: 'en_US.UTF-8' }), 'es');
  assert.equal(languageOf({ LC_ALL: '', LC_MESSAGES: 'es', LANG: 'C' }), 'es');
  assert.equal(languageOf({ LANG: 'est_EE.UTF-8' }), 'en');
  assert.equal(languageOf({ LC_ALL: 'C', LANG: 'es_ES' }), 'en');
  assert.equal(languageOf({}), 'en');
});

for (const language of ['en', 'es'] as const) {
  test(`explains what is wrong with a command line (${language})`, async () => {
    await onMachine(async ({ host }) => {
      let said = '';
      for (const words of [
        ['rnu'],
        ['zebra'],
        ['run', '--cofnig', 'x'],
        ['run', '--zebra'],
        ['run', '--config'],
        ['run', 'too', 'many'],
        ['config'],
        ['config', 'shwo'],
        ['dead-letters', 'show'],
        ['generate', '--count', 'x'],
      ]) {
        const ran = await run(host, [...words, '--lang', language]);
        assert.equal(ran.status, 2, words.join(' '));
        assert.equal(ran.out, '');
        said += `$ almadia ${words.join(' ')}\n${ran.err}\n`;
      }
      assertGolden(`wrong-command-lines.${language}.txt`, said);
    });
  });

  test(`shows its help (${language})`, async () => {
    await onMachine(
      async ({ host }) => {
        const all = await run(host, ['--help']);
        const one = await run(host, ['status', '--help']);
        assert.deepEqual([all.status, all.err, one.status, one.err], [0, '', 0, '']);
        assertGolden(`help.${language}.txt`, `${all.out}\n${one.out}`);
      },
      { environment: { LANG: `${language}.UTF-8` } },
    );
  });
}

test('an unknown language is refused', async () => {
  await onMachine(async ({ host }) => {
    const ran = await run(host, ['run', '--lang', 'fr']);
    assert.equal(ran.status, 2);
    assert.match(ran.err, /--lang cannot be `fr`/);
  });
});

test('without a command the list of commands goes to standard error', async () => {
  await onMachine(async ({ host }) => {
    const ran = await run(host, []);
    assert.equal(ran.status, 2);
    assert.equal(ran.out, '');
    assert.match(ran.err, /dead-letters/);
  });
});

test('every command describes itself in both languages, and what its exit statuses mean', () => {
  const texts: Text[] = [];
  const gather = (command: CommandDescription): void => {
    texts.push(command.summary, ...command.options.map((option) => option.text));
    texts.push(...command.exits.map((exit) => exit.text));
    assert.ok(command.run !== undefined || command.commands !== undefined, command.name);
    if (command.run !== undefined) assert.ok(command.exits.length > 0, command.name);
    for (const child of command.commands ?? []) gather(child);
  };
  for (const [name, command] of Object.entries(registry)) {
    assert.equal(command.name, name);
    gather(command);
  }
  for (const text of texts) assert.ok(text.en.length > 0 && text.es.length > 0, JSON.stringify(text));
});

test('both languages of a message name the same values', () => {
  const names = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();
  for (const [key, { en, es }] of Object.entries(messages)) assert.deepEqual(names(en), names(es), key);
});

// Writes the pages that are made from the code's own tables. `--check` writes nothing and fails when one is stale.
// Needs a build. Add a page as one more row below.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { commandsPage } from '../dist/src/cli/commands-page.js';
import { eventKinds } from '../dist/src/generator/kinds.js';
import { errorTable } from '../dist/src/host/error-table.js';
import { settingsSchema, settingsTables } from '../dist/src/settings/reference.js';

const pages = [
  ['docs/errors.md', errorsPage],
  ['docs/commands.md', () => within('docs/commands.md', { mark: 'help', part: commandsPage() })],
  [
    'docs/configuration.md',
    () => within('docs/configuration.md', { mark: 'settings', part: settingsTables() }),
  ],
  ['docs/almadia.schema.json', () => `${JSON.stringify(settingsSchema(), null, 2)}\n`],
  ['docs/es/generador.md', generatorPage],
];

const note = '<!-- Made by `npm run docs`; change the table in the code, not this page. -->';
const stale = [];
for (const [path, page] of pages) {
  const text = page();
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  stale.push(path);
  if (!process.argv.includes('--check')) writeFileSync(path, text);
}
if (process.argv.includes('--check')) {
  for (const path of stale) console.error(`${path} is stale: run \`npm run docs\``);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  console.log(stale.length === 0 ? 'all pages are fresh' : `wrote ${stale.join(', ')}`);
}

function errorsPage() {
  const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
  const row = (code, { exit, en }) =>
    `| \`${code}\` | ${exit} | ${cell(en.what)} | ${cell(en.safe)} | ${cell(en.fix)} |`;
  const entries = Object.entries(errorTable).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${[
    note,
    '# Errors',
    '',
    'Every message for people ends with a code in parentheses. This page lists the codes: what happened (`{words}` are',
    'filled with the values), whether data is safe, and what to do. `--lang es` gives the same in Spanish.',
    '',
    'Exit status: 1 a check failed, 2 the command line or the configuration is wrong, 3 the machine refuses (disk, port,',
    'lock), 4 the destination refuses.',
    '',
    '| code | exit | what happened | is data safe? | what to do |',
    '| --- | --- | --- | --- | --- |',
    ...entries.map(([code, entry]) => row(code, entry)),
  ].join('\n')}\n`;
}

function generatorPage() {
  const rows = eventKinds.map(
    ({ name, title, perMille, levels }) => `| \`${name}\` | ${title} | ${perMille} | ${levels.join(', ')} |`,
  );
  const table = ['| `--kinds` | tipo | de cada 1000 | niveles |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
  return within('docs/es/generador.md', { mark: 'kinds', part: table });
}

/** A page written by hand, with one part that is made: what stands between its two marks. */
function within(path, { mark, part }) {
  const marks = new RegExp(`(<!-- ${mark} -->\\n)[\\s\\S]*(<!-- /${mark} -->)`);
  return readFileSync(path, 'utf8').replace(marks, (_, start, end) => `${start}${part}\n${end}`);
}

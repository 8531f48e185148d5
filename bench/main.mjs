// `npm run bench`: measures, and prints tables with ratios. `npm run bench -- --help` tells the rest.
import { execFileSync } from 'node:child_process';
import * as os from 'node:os';
import { parseArgs } from 'node:util';
import { cases, scripts } from './cases.mjs';
import { writePage } from './support/page.mjs';
import { formatTable } from './support/table.mjs';
import { exitOnSignals, withDirectory } from './support/temporary.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean' },
    json: { type: 'boolean' },
    write: { type: 'string' },
    runs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '0.7' },
    megabytes: { type: 'string', default: '512' },
    large: { type: 'boolean' },
    kinds: { type: 'string' },
  },
});
const options = {
  runs: Number(values.runs),
  secondsPerRun: Number(values.seconds),
  bytesMax: Number(values.megabytes) * 1e6,
  large: values.large ?? false,
  kinds: values.kinds?.split(',') ?? null,
};

/** By name, the promise of each bench that was begun. */
const done = {};

exitOnSignals();
if (values.help) help();
else await main(positionals.length > 0 ? positionals : Object.keys(cases));

async function main(names) {
  const unknown = names.filter((name) => !(name in cases) && !(name in scripts));
  if (unknown.length > 0) {
    console.error(
      `there is no bench ${unknown.join(', ')}: ${[...Object.keys(cases), ...Object.keys(scripts)].join(', ')}`,
    );
    process.exitCode = 2;
    return;
  }
  const machine = describeMachine();
  const say = values.json ? () => {} : console.log;
  say(
    `${Object.entries(machine)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n')}\n`,
  );
  const results = {};
  for (const name of names) {
    try {
      results[name] = name in cases ? await runCase(name) : runScript(name);
      say(textOf(name, results[name]));
    } catch (error) {
      // The others have their own to tell.
      console.error(`FAILED: ${name}: ${error.message}`);
      process.exitCode = 1;
    }
  }
  if (values.json) console.log(JSON.stringify({ machine, options, results }, null, 2));
  if (values.write)
    writePage(values.write, {
      machine,
      sections: Object.entries(results).map(([name, result]) => ({ name, text: textOf(name, result) })),
    });
}

/** A bench that others build on runs once. Everything that it makes lies in one directory, which is removed afterwards. */
function runCase(name) {
  done[name] ??= measure(name);
  return done[name];
}

async function measure(name) {
  const tell = (text) => tellProgress(`${name}: ${text}`);
  try {
    return await withDirectory((directory) => cases[name].run({ directory, options, tell, result: runCase }));
  } finally {
    tellProgress('');
  }
}

function runScript(name) {
  const said = execFileSync(process.execPath, scripts[name].command, {
    encoding: 'utf8',
    cwd: scripts[name].directory,
  });
  return { settings: [], tables: [], figures: {}, said };
}

function textOf(name, { settings, tables, said }) {
  const intro = `## ${name}: ${(cases[name] ?? scripts[name]).summary}\n`;
  const list = settings.map((line) => `- ${line}`).join('\n');
  return [
    intro,
    ...(list === '' ? [] : [`${list}\n`]),
    ...tables.map(formatTable),
    ...(said ? [`\`\`\`text\n${said}\`\`\`\n`] : []),
  ].join('\n');
}

/** Progress is for a person at a terminal only. */
function tellProgress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function describeMachine() {
  const [cpu] = os.cpus();
  return {
    node: process.version,
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    processor: `${os.cpus().length} × ${cpu?.model.trim() ?? 'unknown'}`,
    'memory, GB': (os.totalmem() / 1e9).toFixed(0),
    'load at the start': os.loadavg()[0].toFixed(2),
    commit: commit(),
    runs: `medians of ${options.runs}, alternating, about ${options.secondsPerRun} s each`,
  };
}

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}

function help() {
  const row = ([name, { summary }]) => `  ${name.padEnd(14)} ${summary}`;
  console.log(`Usage: npm run build && npm run bench -- [NAME…] [options]

Benches (all of them without a name; a build is needed):
${Object.entries(cases).map(row).join('\n')}

Scripts that only run when they are named:
${Object.entries(scripts).map(row).join('\n')}

Options:
  --json           JSON on standard output and nothing else
  --write FILE     put the tables into a page, between its marks
  --runs N         runs of each program, ${options.runs}
  --seconds S      how long a run is to take, about, ${options.secondsPerRun}
  --megabytes N    no file of data is larger, ${options.bytesMax / 1e6}
  --kinds A,B      throughput of these kinds of lines only, beside plain ones
  --large          backlogs of 10 GB too

BENCH_RSYSLOGD, BENCH_SYSLOG_NG, BENCH_FLUENT_BIT and BENCH_CURL name programs that are not on the path, BENCH_AGENT
another checkout's bin/almadia.`);
}

/**
 * From the words of a command line to an exit status: finds the command, parses its options, runs it (which
 * loads what only this command needs), and explains what went wrong in the user's language.
 */
import { Command, CommanderError } from 'commander';
import type { Language } from '../host/errors.ts';
import { AlmadiaError, exitCodeOf } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { nearest } from '../settings/nearest.ts';
import type { CommandContext, CommandDescription, CommandOption, Console, Signals } from './command.ts';
import { languageNamed, languageOf } from './language.ts';
import { type MessageKey, say } from './messages.ts';
import { optionsFrom } from './options.ts';
import { registry } from './registry.ts';
import { problemOf, problemText } from './report.ts';
import { version } from './version.ts';

const helpColumns = 80;

/** What the program stands on. The host is only made for a command that runs. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly console: Console;
  readonly signals: Signals;
  host(): Promise<Host>;
}

/** Never rejects: what went wrong has been told, and the exit status says so. */
export async function runProgram(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  let language = languageOf(surroundings.environment);
  try {
    const split = takeLanguage(argv);
    language = split.language ?? language;
    return await dispatch(split.words, language, surroundings);
  } catch (error) {
    const problem = problemOf(error);
    surroundings.console.err(problemText(problem, language));
    if (problem.code === 'UNEXPECTED' && error instanceof Error) surroundings.console.err(`${error.stack}\n`);
    return exitCodeOf(problem.code);
  }
}

async function dispatch(
  words: readonly string[],
  language: Language,
  surroundings: Surroundings,
): Promise<number> {
  const name = words[0];
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const topic = name === 'help' ? words[1] : undefined;
    if (topic !== undefined) return dispatch([topic, '--help'], language, surroundings);
    const help = programHelp(language);
    if (name === undefined) surroundings.console.err(help);
    else surroundings.console.out(help);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(registry, name) ? registry[name] : undefined;
  if (command === undefined) throw unknownWord(name);
  return runCommand(command, words.slice(1), { language, surroundings });
}

/** Parses the words that follow the command's name, and runs it. */
export async function runCommand(
  description: CommandDescription,
  words: readonly string[],
  how: { readonly language: Language; readonly surroundings: Surroundings },
): Promise<number> {
  let status = 0;
  const parser = parserFor(description, how.language, {
    write: (text) => how.surroundings.console.out(text),
    async run(chosen, found, values) {
      const context: CommandContext = {
        host: await how.surroundings.host(),
        language: how.language,
        version,
        options: optionsFrom(found, chosen.options),
        arguments: values,
        console: how.surroundings.console,
        signals: how.surroundings.signals,
      };
      status = await chosen.run!(context);
    },
  });
  try {
    await parser.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return 0;
    throw usageError(error, description);
  }
  return status;
}

/** A command's `--help`, as plain text. `path` is what stands before its own name. */
export function helpOf(description: CommandDescription, language: Language, path = 'almadia'): string {
  const nothing = { write: () => undefined, run: () => Promise.resolve() };
  const parser = build(description, language, nothing);
  // Gives the usage line its first words.
  new Command(path).addCommand(parser);
  return helpText(parser);
}

interface Actions {
  write(text: string): void;
  run(chosen: CommandDescription, found: Record<string, unknown>, values: readonly string[]): Promise<void>;
}

function parserFor(description: CommandDescription, language: Language, actions: Actions): Command {
  const parser = build(description, language, actions);
  // Gives the usage line its first word.
  new Command('almadia').addCommand(parser);
  return parser;
}

function build(description: CommandDescription, language: Language, actions: Actions): Command {
  const parser = plainParser(description.name, language, actions);
  parser.description(
    [description.summary[language], description.details?.[language] ?? ''].filter(Boolean).join('\n\n'),
  );
  parser.summary(description.summary[language]);
  for (const option of description.options) {
    parser.option(option.flags, optionText(option, language));
  }
  parser.option('--lang <es|en>', say(language, 'langOption'));
  for (const argument of description.arguments ?? []) {
    parser.argument(argument.name, argument.text[language]);
  }
  // Options behind a subcommand's name are its own, also where they are called as those of the command above.
  parser.enablePositionalOptions();
  for (const child of description.commands ?? []) parser.addCommand(build(child, language, actions));
  parser.usage(usageOf(description, language));
  parser.addHelpText('after', exitsText(description, language));
  if (description.run !== undefined) {
    parser.action(() => actions.run(description, parser.opts(), parser.args));
  } else {
    parser.action(() => {
      const word = parser.args[0];
      const names = (description.commands ?? []).map((child) => child.name);
      if (word !== undefined) throw unknownWord(word, names);
      throw new AlmadiaError('CLI_COMMAND_MISSING', { command: description.name, known: names.join(', ') });
    });
    parser.allowExcessArguments();
  }
  return parser;
}

function plainParser(name: string, language: Language, actions: Pick<Actions, 'write'>): Command {
  const titles: Readonly<Record<string, MessageKey>> = {
    'Usage:': 'usageTitle',
    'Arguments:': 'argumentsTitle',
    'Options:': 'optionsTitle',
    'Commands:': 'commandsTitle',
  };
  return new Command(name)
    .exitOverride()
    .helpCommand(false)
    .helpOption('-h, --help', say(language, 'helpOption'))
    .configureOutput({ writeOut: (text) => actions.write(text), writeErr: () => undefined })
    .configureHelp({
      styleTitle: (title) => (titles[title] === undefined ? title : say(language, titles[title])),
      subcommandTerm: (command) => `${command.name()} ${command.usage()}`.trim(),
    });
}

function optionText(option: CommandOption, language: Language): string {
  const text = option.text[language];
  return option.default === undefined
    ? text
    : `${text} ${say(language, 'defaultValue', { value: option.default })}`;
}

function usageOf(description: CommandDescription, language: Language): string {
  if (description.commands !== undefined && description.run === undefined)
    return say(language, 'usageCommand');
  const words = (description.arguments ?? []).map((argument) => argument.name);
  return [say(language, 'usageOptions'), ...words].join(' ');
}

function exitsText(description: CommandDescription, language: Language): string {
  if (description.exits.length === 0) return '';
  const lines = description.exits.map(({ code, text }) => `  ${code}  ${text[language]}`);
  return `\n${say(language, 'exitsTitle')}\n${lines.join('\n')}\n`;
}

/** Of one width, whatever terminal asks. `outputHelp` is the only call that includes the text after the help. */
function helpText(parser: Command): string {
  let text = '';
  parser.configureOutput({
    getOutHelpWidth: () => helpColumns,
    writeOut: (part) => {
      text += part;
    },
  });
  parser.outputHelp();
  return text;
}

/** The list of commands. */
export function programHelp(language: Language): string {
  const parser = plainParser('almadia', language, { write: () => undefined });
  parser.description(say(language, 'programSummary'));
  parser.usage(`${say(language, 'usageCommand')} ${say(language, 'usageOptions')}`);
  parser.option('-V, --version', say(language, 'versionOption'));
  parser.option('--lang <es|en>', say(language, 'langOption'));
  parser.configureHelp({ ...parser.configureHelp(), subcommandTerm: (command) => command.name() });
  for (const command of Object.values(registry)) {
    const parserOfCommand = plainParser(command.name, language, { write: () => undefined });
    parserOfCommand.description(command.summary[language]);
    parser.addCommand(parserOfCommand, { hidden: command.hidden ?? false });
  }
  parser.addHelpText('after', `\n${say(language, 'helpMore')}\n`);
  return helpText(parser);
}

/** `--lang es` and `--lang=es` may stand anywhere before `--`. */
function takeLanguage(argv: readonly string[]): {
  readonly language: Language | null;
  readonly words: readonly string[];
} {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const at = argv.findIndex((word, index) => index < end && /^--lang(=|$)/.test(word));
  if (at < 0) return { language: null, words: argv };
  const inline = argv[at]!.includes('=');
  const value = inline ? argv[at]!.slice('--lang='.length) : (argv[at + 1] ?? '');
  const language = languageNamed(value);
  if (language === null) {
    throw new AlmadiaError('OPTION_INVALID', { option: '--lang', value, expected: 'es, en' });
  }
  return { language, words: argv.toSpliced(at, inline ? 1 : 2) };
}

function unknownWord(word: string, names: readonly string[] = Object.keys(registry)): AlmadiaError {
  const suggestion = nearest(word, names);
  return suggestion === null
    ? new AlmadiaError('CLI_UNKNOWN_COMMAND', { command: word, known: names.join(', ') })
    : new AlmadiaError('CLI_UNKNOWN_COMMAND_NEAR', { command: word, suggestion });
}

/** The parser's own errors, from its codes and the value that it quotes. */
function usageError(error: CommanderError, description: CommandDescription): AlmadiaError {
  const value = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  const command = description.name;
  switch (error.code) {
    case 'commander.unknownOption': {
      const suggestion = /Did you mean (?:one of )?([^,?]+)/.exec(error.message)?.[1];
      return suggestion === undefined
        ? new AlmadiaError('CLI_UNKNOWN_OPTION', { option: value, command })
        : new AlmadiaError('CLI_UNKNOWN_OPTION_NEAR', { option: value, suggestion });
    }
    case 'commander.optionMissingArgument':
      return new AlmadiaError('CLI_OPTION_NEEDS_VALUE', { option: value, command });
    case 'commander.excessArguments':
      return new AlmadiaError('CLI_TOO_MANY', { command });
    case 'commander.missingArgument':
      return new AlmadiaError('CLI_ARGUMENT_MISSING', { argument: value, command });
    default:
      return new AlmadiaError('CLI_WRONG', { command, cause: error.message.replace(/^error: /, '') });
  }
}

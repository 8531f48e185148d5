/**
 * What a command of the program is: data and one function. A file of `commands/` describes one command and exports
 * it as `command`; `registry.ts` names it, and the file of the same name in this folder does its work. `program.ts` makes the parser and both languages' help from it, and
 * docs/commands.md is generated from it.
 */
import type { Language } from '../host/errors.ts';
import type { Host } from '../host/host.ts';

/** One sentence in each language. */
export type Text = Readonly<Record<Language, string>>;

export interface CommandDescription {
  readonly name: string;
  /** One line, without a full stop, for the list of commands. */
  readonly summary: Text;
  /** More for its own help; paragraphs are separated by an empty line. */
  readonly details?: Text;
  readonly arguments?: readonly CommandArgument[];
  readonly options: readonly CommandOption[];
  /** What each exit status means. 0 is understood where it is left out. */
  readonly exits: readonly { readonly code: number; readonly text: Text }[];
  /** Subcommands, such as `config show`; a command that has some may have no `run` of its own. */
  readonly commands?: readonly CommandDescription[];
  /** Left out of the list of commands. */
  readonly hidden?: boolean;
  /**
   * Resolves with the exit status. An `AlmadiaError` that it rejects with is explained to the user in their
   * language, and its exit status is the one of the error table.
   */
  readonly run?: (context: CommandContext) => Promise<number>;
}

export interface CommandArgument {
  /** `<name>`, `[name]` or `[names...]`. */
  readonly name: string;
  readonly text: Text;
}

export interface CommandOption {
  /** Such as `--port <number>`, `--json`, `--kinds <kind...>`, `-c, --config <file>`. */
  readonly flags: string;
  readonly text: Text;
  readonly default?: string;
}

export interface CommandContext {
  readonly host: Host;
  readonly language: Language;
  readonly version: string;
  readonly options: Options;
  /** What follows the command and its options, in order. */
  readonly arguments: readonly string[];
  readonly console: Console;
  readonly signals: Signals;
}

/** Options as given, by the long name without dashes, such as `send-test-line`. */
export interface Options {
  text(name: string): string | undefined;
  flag(name: string): boolean;
  list(name: string): readonly string[];
}

/** Standard output and standard error. */
export interface Console {
  /** Whether standard output is a terminal, which can be redrawn. */
  readonly terminal: boolean;
  readonly columns: number;
  readonly rows: number;
  /** Text for standard output, as it is: with its own line ends. */
  out(text: string): void;
  /** Text for standard error. */
  err(text: string): void;
  /** For long outputs: resolves when the chunk is written, rejects when it cannot be. */
  write(chunk: Uint8Array | string): Promise<void>;
}

export type SignalName = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export interface Signals {
  /** From now on the signal calls `heard` instead of ending the process, until the returned function is called. */
  on(name: SignalName, heard: () => void): () => void;
}

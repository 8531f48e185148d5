/**
 * What the reader of one format makes of a file: settings, where each value came from, and everything that is wrong
 * with it. Readers are pure; the files that a configuration names (key, certificates) are read by `load.ts`.
 */
import type { Problem } from '../host/errors.ts';
import type { AgentSettings } from '../settings/agent.ts';

/** Where a value came from. Lines count from 1. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly name: string }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'command-line'; readonly option: string }
  | { readonly kind: 'generated' };

/** Origins by the native path of the setting, such as `output.url` or `sources[0].include`; absent: default. */
export type Origins = ReadonlyMap<string, Origin>;

/** A file that the configuration names, with the setting that names it and the place where it does. */
export interface NamedFile {
  readonly path: string;
  readonly setting: string;
  readonly where: string;
}

export interface Draft {
  /** Fit for use only where there are no problems. */
  readonly settings: AgentSettings;
  readonly keyFile: NamedFile | null;
  readonly caFile: NamedFile | null;
  /** The agent's own certificate and its key, where there are any. */
  readonly certFile?: NamedFile | null;
  readonly certKeyFile?: NamedFile | null;
  /** The server's address as it was written, slashes and all. */
  readonly urlWritten: string;
  readonly origins: Map<string, Origin>;
  readonly problems: Problem[];
  /** Worth saying, but no reason to stop. */
  readonly notices: Problem[];
}

/** What a format's reader knows besides the file. */
export interface Surroundings {
  /** The file as messages name it. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly workingDirectory: string;
  readonly overrides: Overrides;
}

/** From the command line; they win over everything. */
export interface Overrides {
  readonly server?: string;
  readonly key?: string;
}

/** A value of a message that is fit to be read by anybody: short and on one line. */
export function shown(value: unknown): string {
  const text = String(value).replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

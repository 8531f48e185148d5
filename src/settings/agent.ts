/**
 * What an agent is told to do: the one validated shape to which the native file, seed A's `.env` and seed B's
 * `config.json` are all brought. Units are in the names. The sections are made from `declaration.ts`, where each
 * setting has its type, its default and its meaning; here stands only what is no setting of its own.
 */
import type {
  agentSection,
  batchSection,
  fileSourceSection,
  limitsSection,
  outputSection,
  retrySection,
  spoolSection,
} from './declaration.ts';
import type { ValuesOf } from './setting.ts';

export interface AgentSettings {
  /** Which kind of file it came from; messages name settings as that file's users know them. */
  readonly profile: 'native' | 'sync-logs' | 'ila-soc';
  /** Paths are absolute. */
  readonly agent: ValuesOf<typeof agentSection>;
  readonly sources: readonly FileSourceSettings[];
  readonly output: OutputSettings;
  readonly batch: ValuesOf<typeof batchSection>;
  readonly spool: ValuesOf<typeof spoolSection>;
  readonly retry: ValuesOf<typeof retrySection>;
  /** Absent: the defaults. */
  readonly limits?: ValuesOf<typeof limitsSection>;
  /** What a Python original left behind, to be taken over at the first start. */
  readonly takeover:
    | { readonly kind: 'none' }
    | { readonly kind: 'sync-logs'; readonly stateFiles: readonly string[] }
    | { readonly kind: 'ila-soc'; readonly bufferFile: string };
}

/** Patterns are absolute. */
export type FileSourceSettings = ValuesOf<typeof fileSourceSection>;

/** Settings that name files; their content stands in the settings. */
type FromFiles = 'keyFile' | 'caFile' | 'certFile' | 'certKeyFile';

type DeclaredOutput = ValuesOf<typeof outputSection>;

export type OutputSettings = Omit<DeclaredOutput, FromFiles | 'url' | 'source' | 'path'> & {
  /** Without trailing slashes; '' for stdout and file. */
  readonly url: string;
  /** PEM text of certificates to trust instead of the system's. */
  readonly ca: string | null;
  /** The agent's own certificate, PEM text; absent: none. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined;
  /** What protocol A calls `source`; '' for the others. */
  readonly source: string;
  /** For the output `file`; '' for the others. */
  readonly path: string;
};

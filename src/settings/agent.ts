/**
 * What an agent is told to do: the one validated shape to which the native file, seed A's `.env` and seed B's
 * `config.json` are all brought. Units are in the names.
 */
export interface AgentSettings {
  /** Which kind of file it came from; messages name settings as that file's users know them. */
  readonly profile: 'native' | 'sync-logs' | 'ila-soc';
  readonly agent: {
    /** 'auto': drawn at the first start and kept in the state directory. */
    readonly id: string;
    readonly stateDirectory: string;
    readonly logFile: string | null;
    readonly heartbeatIntervalMs: number;
    /** Where metrics and health are served, such as 127.0.0.1:9464; null: nowhere. */
    readonly metricsListen: { readonly host: string; readonly port: number } | null;
  };
  readonly sources: readonly FileSourceSettings[];
  readonly output: OutputSettings;
  readonly batch: { readonly bytesMax: number; readonly recordsMax: number; readonly intervalMs: number };
  readonly spool: { readonly bytesMax: number };
  readonly retry: {
    readonly initialMs: number;
    readonly maxMs: number;
    /** After so many faults of one batch it goes to the dead letters; null: never. */
    readonly attemptsMax: number | null;
  };
  /** What a Python original left behind, to be taken over at the first start. */
  readonly takeover:
    | { readonly kind: 'none' }
    | { readonly kind: 'sync-logs'; readonly stateFiles: readonly string[] }
    | { readonly kind: 'ila-soc'; readonly bufferFile: string };
}

export interface FileSourceSettings {
  readonly type: 'file';
  /** Absolute patterns. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Where files that are there at the very first start begin. */
  readonly startAt: 'end' | 'beginning';
  /** Longer lines are cut. */
  readonly lineBytesMax: number;
  /** An unfinished last line is sent after so long without growth; null: only at the final end of its file. */
  readonly partialLineTimeoutMs: number | null;
  /** How long a renamed or removed file must be quiet before it is let go. */
  readonly rotateWaitMs: number;
  /** How long a file that looks like the copy of a followed one is held back. */
  readonly copyWaitMs: number;
  /** The slow full pass that finds what events missed. */
  readonly rescanIntervalMs: number;
  readonly openFilesMax: number;
}

export interface OutputSettings {
  /** The name under which the state keeps its watermarks; not its URL. */
  readonly name: string;
  readonly type: 'hub' | 'ila-soc' | 'sync-logs' | 'stdout' | 'file';
  /** Without trailing slashes; '' for stdout and file. */
  readonly url: string;
  /** Null where the output needs none. Never logged. */
  readonly key: string | null;
  /** PEM text of certificates to trust instead of the system's. */
  readonly ca: string | null;
  readonly timeoutMs: number;
  readonly gzip: 'auto' | 'never';
  /** What protocol A calls `source`; '' for the others. */
  readonly source: string;
  /** For the output `file`. */
  readonly path: string;
  /** Limits of protocol A: the whole request body, and one line; null where there is none. */
  readonly bodyBytesMax: number | null;
  readonly recordBytesMax: number | null;
}

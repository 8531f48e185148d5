/**
 * What the program says of itself. Transitions, never loops; keys never appear here: callers pass values that are
 * fit to be read by anybody who may read the log.
 */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogValues = Readonly<Record<string, string | number | boolean | null>>;

export interface SelfLog {
  /** `event` is a fixed lower-case name with dots, such as `file.rotated`; `message` is a sentence for people. */
  write(level: LogLevel, event: string, message: string, values?: LogValues): void;
}

/** Says nothing; for tests and for commands that speak for themselves. */
export const silentLog: SelfLog = { write: () => undefined };

/** Other programs of the machine, such as systemctl. Started without a shell, so that no word is ever taken apart. */
export interface Commands {
  /** Runs a program to its end with no input. Rejects with `CommandError` when there is no such program. */
  run(
    program: string,
    words: readonly string[],
    options: { readonly timeoutMs: number },
  ): Promise<CommandResult>;
}

export interface CommandResult {
  /** The exit status; 124 when it was ended because its time was over, 128 and the number when a signal ended it. */
  readonly status: number;
  /** The first 64 KiB of each. */
  readonly output: string;
  readonly errors: string;
}

/** `code` is the system's name for it: ENOENT, EACCES. */
export class CommandError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
  }
}

/** The process and the machine it runs on. */
export interface Process {
  readonly pid: number;
  readonly hostname: string;
  /** As protocol B names it. */
  readonly osType: 'Linux' | 'Darwin' | 'Windows';
  readonly osVersion: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly userName: string;
  /** Null where users have no numbers. */
  readonly userId: number | null;
  /** How many descriptors this process may have open. */
  readonly openFilesMax: number;
  residentBytes(): number;
}

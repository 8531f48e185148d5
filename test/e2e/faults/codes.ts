/** The system's name of what went wrong, such as ENOSPC; null where it is no error of the system. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error ? String(error.code) : null;
}

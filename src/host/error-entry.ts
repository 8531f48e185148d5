/** The form of an entry of the error table; see `errors.ts`. */
export interface ErrorText {
  readonly what: string;
  readonly safe: string;
  readonly fix: string;
}

export interface ErrorEntry {
  readonly exit: 1 | 2 | 3 | 4;
  readonly en: ErrorText;
  readonly es: ErrorText;
}

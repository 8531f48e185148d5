/** Fields made of text: names, paths, patterns, addresses, keys, choices; and booleans. */
import type { Field, FieldKind, Scalar } from './field.ts';
import { value, wrong } from './field.ts';

/** Longer values are no names, paths or keys that anybody means. */
const textLengthMax = 4096;

/** What stands in place of a secret wherever one is shown. */
export const mask = '********';

/** A non-empty text on one line. A number is taken as it is written. */
export const text: Field<string> = textField('text', (found) => found !== '');

/** A path; relative ones are made absolute by `config/`. */
export const path: Field<string> = textField('path', (found) => found !== '');

/** A pattern of paths. What it must not match goes to `exclude`, so a leading `!` is refused. */
export const glob: Field<string> = textField('glob', (found) => found !== '' && !found.startsWith('!'));

/** Goes into an HTTP header: printable ASCII (RFC 9110, 5.5). */
export const secret: Field<string> = textField('secret', (found) => /^[\x20-\x7e]+$/.test(found));

/** An http or https address without user, query and fragment; trailing slashes are taken off. */
export const url: Field<string> = {
  ...textField('url', isWebAddress),
  parse: (raw) => {
    const parsed = textField('url', isWebAddress).parse(raw);
    return parsed.kind === 'value' ? value(parsed.value.replace(/\/+$/, '')) : parsed;
  },
};

export const boolean: Field<boolean> = {
  kind: 'boolean',
  nullable: false,
  parse: (raw) => {
    if (raw === true || raw === 'true') return value(true);
    return raw === false || raw === 'false' ? value(false) : wrong;
  },
  write: (found) => found,
  limits: 'true, false',
  schema: { type: 'boolean' },
};

export function choice<const Choice extends string>(choices: readonly Choice[]): Field<Choice> {
  return {
    kind: 'choice',
    nullable: false,
    parse: (raw) => {
      const found = choices.find((candidate) => candidate === raw);
      return found === undefined ? { kind: 'fault', fault: { kind: 'choice', choices } } : value(found);
    },
    write: (found) => found,
    limits: choices.join(', '),
    schema: { enum: choices },
  };
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:9464`, `[::1]:9464`, `localhost:9464` or `9464`: a port of this machine's loopback. */
export const listen: Field<ListenAddress> = {
  kind: 'listen',
  nullable: false,
  parse: (raw) => {
    const match = /^(?:(127(?:\.\d{1,3}){3}|localhost|\[::1\])?:)?(\d{1,5})$/.exec(String(raw).trim());
    const port = Number(match?.[2] ?? Number.NaN);
    if (!(port <= 65_535)) return wrong;
    return value({ host: (match?.[1] ?? '127.0.0.1').replace(/[[\]]/g, ''), port });
  },
  write: ({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`,
  limits: '',
  schema: { type: ['string', 'integer'] },
};

function textField(kind: FieldKind, accepts: (found: string) => boolean): Field<string> {
  return {
    kind,
    nullable: false,
    parse: (raw: Scalar) => {
      if (typeof raw !== 'string' && typeof raw !== 'number') return wrong;
      const found = String(raw).trim();
      if (found.length > textLengthMax || hasControls(found) || !accepts(found)) return wrong;
      return value(found);
    },
    write: (found) => found,
    limits: '',
    schema: { type: 'string' },
  };
}

/** Control characters and half surrogates have no place in a name, a path or a header that somebody writes. */
function hasControls(found: string): boolean {
  for (const char of found) {
    const code = char.codePointAt(0)!;
    if (code < 0x20 || code === 0x7f || (code >= 0xd800 && code <= 0xdfff)) return true;
  }
  return false;
}

function isWebAddress(found: string): boolean {
  if (!/^https?:\/\/[^/]/i.test(found) || !URL.canParse(found)) return false;
  const parsed = new URL(found);
  const plain = parsed.username === '' && parsed.password === '' && !/[?#\s]/.test(found);
  return plain && parsed.hostname !== '';
}

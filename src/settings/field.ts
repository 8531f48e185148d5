/**
 * What a field is: how one value of a configuration is read, checked, written and described. The types of fields are
 * in `quantity.ts` and `text.ts`.
 *
 * Reading never throws: a fault says what is wrong in terms that `config/` turns into a message in either language.
 */

/** A value as it stands in a file, or as the environment gave it (then always a string). */
export type Scalar = string | number | boolean | null;

/** What a field accepts; names the message about a value that is none. */
export type FieldKind =
  | 'boolean'
  | 'bytes'
  | 'choice'
  | 'duration'
  | 'glob'
  | 'integer'
  | 'listen'
  | 'path'
  | 'secret'
  | 'text'
  | 'url';

/** `wrong`: not of this kind. `range`: out of its bounds, which are written as a configuration would write them. */
export type Fault =
  | { readonly kind: 'wrong' }
  | { readonly kind: 'range'; readonly least: string; readonly most: string }
  | { readonly kind: 'choice'; readonly choices: readonly string[] };

export type Parsed<Value> =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'fault'; readonly fault: Fault };

export interface Field<Value> {
  readonly kind: FieldKind;
  /** Whether null (nothing, `null`, `~`) is a value of its own. */
  readonly nullable: boolean;
  parse(raw: Scalar): Parsed<Value>;
  /** The value as a configuration would write it; what `parse` reads back. */
  write(value: Value): Scalar;
  /** The words of a choice; the bounds of a quantity, written. For the reference. */
  readonly limits: string;
  /** JSON Schema of the written value, without the `${NAME}` that every field may have instead. */
  readonly schema: Readonly<Record<string, unknown>>;
}

export function value<Value>(found: Value): Parsed<Value> {
  return { kind: 'value', value: found };
}

export const wrong: Parsed<never> = { kind: 'fault', fault: { kind: 'wrong' } };

/** The same field, but null is a value too. */
export function nullable<Value>(field: Field<Value>): Field<Value | null> {
  return {
    kind: field.kind,
    nullable: true,
    parse: (raw) => (raw === null ? value(null) : field.parse(raw)),
    write: (found) => (found === null ? null : field.write(found)),
    limits: field.limits,
    schema: { anyOf: [field.schema, { type: 'null' }] },
  };
}

/** What a setting is: a field with its key, its default and a sentence in each language. Data only. */
import type { Field } from './field.ts';

export interface Setting<Value> {
  /** As the native file names it. */
  readonly key: string;
  readonly shape: 'one' | 'list';
  /** Of the value, or of each of a list's. */
  readonly field: Field<unknown>;
  readonly default: Value;
  /** Other defaults, by the output's type. */
  readonly defaultByType: Readonly<Record<string, Value>>;
  /** Left at its default by nearly everybody: the example only mentions it. */
  readonly rare: boolean;
  /** What the example gives it, where that is not its default. */
  readonly example: string | null;
  /** Whether the file must give it. */
  readonly required: boolean;
  readonly en: string;
  readonly es: string;
}

export type Section = Readonly<Record<string, Setting<unknown>>>;

/** The validated values of a section, under the names of its declaration. */
export type ValuesOf<Declared extends Section> = {
  readonly [Name in keyof Declared]: Declared[Name] extends Setting<infer Value> ? Value : never;
};

interface Words {
  readonly key: string;
  readonly rare?: true;
  readonly example?: string;
  readonly en: string;
  readonly es: string;
}

export function one<Value>(
  field: Field<Value>,
  about: Words & {
    readonly default: NoInfer<Value>;
    readonly byType?: Readonly<Record<string, NoInfer<Value>>>;
  },
): Setting<Value> {
  return {
    key: about.key,
    shape: 'one',
    field,
    default: about.default,
    defaultByType: about.byType ?? {},
    rare: about.rare ?? false,
    example: about.example ?? null,
    required: false,
    en: about.en,
    es: about.es,
  };
}

/** A single value stands for a list of one. */
export function many<Value>(
  field: Field<Value>,
  about: Words & { readonly default: readonly NoInfer<Value>[]; readonly required?: boolean },
): Setting<readonly Value[]> {
  return {
    key: about.key,
    shape: 'list',
    field,
    default: about.default,
    defaultByType: {},
    rare: about.rare ?? false,
    example: about.example ?? null,
    required: about.required ?? false,
    en: about.en,
    es: about.es,
  };
}

/** Every value at its default, for a given type of output. */
export function defaultsOf<Declared extends Section>(section: Declared, type = ''): ValuesOf<Declared> {
  const values = Object.entries(section).map(([name, setting]) => [
    name,
    setting.defaultByType[type] ?? setting.default,
  ]);
  return Object.fromEntries(values) as ValuesOf<Declared>;
}

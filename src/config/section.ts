/** Reads one section of the native file against its declaration: every problem is noted, none stops the reading. */
import type { ErrorCode, Problem } from '../host/errors.ts';
import type { Fault, FieldKind, Scalar } from '../settings/field.ts';
import { nearest } from '../settings/nearest.ts';
import type { Section, Setting, ValuesOf } from '../settings/setting.ts';
import { defaultsOf } from '../settings/setting.ts';
import { mask } from '../settings/text.ts';
import type { Origin } from './draft.ts';
import { shown } from './draft.ts';
import { interpolate } from './interpolate.ts';
import type { Entry, Place, Tree } from './located.ts';

/** What reading a file gathers. */
export interface Reading {
  readonly file: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly problems: Problem[];
  readonly origins: Map<string, Origin>;
}

/** Of a value that is no such thing. */
const codes: Readonly<Record<FieldKind, ErrorCode>> = {
  boolean: 'CONFIG_BOOLEAN',
  bytes: 'CONFIG_BYTES',
  choice: 'CONFIG_CHOICE',
  duration: 'CONFIG_DURATION',
  glob: 'CONFIG_GLOB',
  integer: 'CONFIG_INTEGER',
  listen: 'CONFIG_LISTEN',
  path: 'CONFIG_PATH',
  secret: 'CONFIG_SECRET',
  text: 'CONFIG_TEXT',
  url: 'CONFIG_URL',
};

/** For these a plain value in the file is text, whatever YAML takes it for. */
const textual: ReadonlySet<FieldKind> = new Set(['glob', 'listen', 'path', 'secret', 'text', 'url']);

export function placeName(reading: Pick<Reading, 'file'>, at: Place): string {
  return `${reading.file}:${at.line}:${at.column}`;
}

/** The message for a value that a field refuses. */
export function faultProblem(
  kind: FieldKind,
  fault: Fault,
  values: { readonly path: string; readonly value: string; readonly where: string },
): Problem {
  switch (fault.kind) {
    case 'wrong':
      return { code: codes[kind], values };
    case 'range':
      return { code: 'CONFIG_RANGE', values: { ...values, least: fault.least, most: fault.most } };
    case 'choice': {
      const suggestion = nearest(values.value, fault.choices);
      const choices = fault.choices.join(', ');
      return suggestion === null
        ? { code: 'CONFIG_CHOICE', values: { ...values, choices } }
        : { code: 'CONFIG_CHOICE_NEAR', values: { ...values, choices, suggestion } };
    }
  }
}

/** The entries of a map by key; a list or a value in its place is a problem, nothing is an empty map. */
export function entriesOf(tree: Tree | null, path: string, reading: Reading): readonly Entry[] {
  if (tree === null || (tree.kind === 'scalar' && tree.value === null)) return [];
  if (tree.kind === 'map') return tree.entries;
  reading.problems.push({
    code: 'CONFIG_NOT_A_SECTION',
    values: { path: path === '' ? '(top)' : path, where: placeName(reading, tree.at) },
  });
  return [];
}

export function unknownKey(entry: Entry, path: string, known: readonly string[]): Problem {
  const suggestion = nearest(entry.key, known);
  return suggestion === null
    ? { code: 'CONFIG_UNKNOWN_KEY', values: { path: shown(path), where: '', known: known.join(', ') } }
    : { code: 'CONFIG_UNKNOWN_KEY_NEAR', values: { path: shown(path), where: '', suggestion } };
}

/** `type` chooses among defaults that depend on the output's type. */
export function readSection<Declared extends Section>(
  tree: Tree | null,
  section: Declared,
  how: { readonly path: string; readonly type?: string; readonly reading: Reading },
): ValuesOf<Declared> {
  const { path, reading } = how;
  const values: Record<string, unknown> = { ...defaultsOf(section, how.type) };
  const names = new Map(Object.entries(section).map(([name, setting]) => [setting.key, name]));
  const given = new Set<string>();
  for (const entry of entriesOf(tree, path, reading)) {
    const name = names.get(entry.key);
    const settingPath = path === '' ? entry.key : `${path}.${entry.key}`;
    if (name === undefined) {
      const problem = unknownKey(entry, settingPath, [...names.keys()]);
      const where = placeName(reading, entry.at);
      reading.problems.push({ code: problem.code, values: { ...problem.values, where } });
      continue;
    }
    given.add(name);
    const found = readSetting(entry.tree, section[name]!, { path: settingPath, reading });
    if (found !== undefined) values[name] = found;
  }
  for (const [name, setting] of Object.entries(section)) {
    if (!setting.required || given.has(name)) continue;
    const where = tree === null ? reading.file : placeName(reading, tree.at);
    reading.problems.push({ code: 'CONFIG_MISSING', values: { path: `${path}.${setting.key}`, where } });
  }
  return values as ValuesOf<Declared>;
}

type Where = { readonly path: string; readonly reading: Reading };

/** Undefined: left at its default, because it is not given or there is a problem. */
function readSetting(tree: Tree, setting: Setting<unknown>, where: Where): unknown {
  if (setting.shape === 'one') return readValue(tree, setting, where);
  const items = tree.kind === 'list' ? tree.items : [tree];
  const found = items.map((item, index) =>
    readValue(item, setting, {
      ...where,
      path: tree.kind === 'list' ? `${where.path}[${index}]` : where.path,
    }),
  );
  where.reading.origins.set(where.path, originAt(tree.at, where));
  if (setting.required && items.length === 0) {
    const values = { path: where.path, where: placeName(where.reading, tree.at) };
    where.reading.problems.push({ code: 'CONFIG_MISSING', values });
  }
  return found.includes(undefined) ? undefined : found;
}

function readValue(tree: Tree, setting: Setting<unknown>, where: Where): unknown {
  const { reading, path } = where;
  const place = placeName(reading, tree.at);
  if (tree.kind !== 'scalar') {
    reading.problems.push({ code: 'CONFIG_NOT_A_VALUE', values: { path, where: place } });
    return undefined;
  }
  const { field } = setting;
  // What stands in the file is shown, never what the environment gave: that may be a secret of its own.
  const value = field.kind === 'secret' ? mask : shown(tree.source);
  const raw = rawOf(tree, field.kind);
  let filled: Scalar = raw;
  let origin: Origin = originAt(tree.at, where);
  if (typeof raw === 'string') {
    const result = interpolate(raw, reading.environment);
    if (result.kind !== 'text') {
      const values = { path, where: place, name: result.kind === 'unset' ? result.name : '' };
      const code = result.kind === 'unset' ? 'CONFIG_ENV_UNSET' : 'CONFIG_ENV_MALFORMED';
      reading.problems.push({ code, values });
      return undefined;
    }
    filled = result.text;
    if (result.names.length > 0) origin = { kind: 'environment', name: result.names.join(', ') };
  }
  const parsed = field.parse(filled);
  reading.origins.set(path, origin);
  if (parsed.kind === 'value') return parsed.value;
  reading.problems.push(faultProblem(field.kind, parsed.fault, { path, value, where: place }));
  return undefined;
}

function rawOf(tree: Tree & { kind: 'scalar' }, kind: FieldKind): Scalar {
  return textual.has(kind) && tree.value !== null && typeof tree.value !== 'string'
    ? tree.source
    : tree.value;
}

function originAt(at: Place, where: Where): Origin {
  return { kind: 'file', file: where.reading.file, line: at.line, name: where.path };
}

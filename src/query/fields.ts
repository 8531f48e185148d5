/**
 * The fields of a line: of a JSON object, alone or behind other text, else `name=value` pairs (logfmt). Names are folded;
 * those of objects in objects are joined by dots; the members of an array have the array's name.
 */
import { fold } from './fold.ts';

export type Fields = ReadonlyMap<string, readonly string[]>;

/** A longer line has no fields. UTF-16 units. */
const charactersMax = 64 * 1024;
const fieldsMax = 500;
const depthMax = 8;

export function fieldsOf(text: string): Fields {
  if (text.length > charactersMax) return new Map();
  return jsonFields(text) ?? pairs(text);
}

function jsonFields(text: string): Fields | null {
  const from = text.indexOf('{');
  if (from < 0 || !text.trimEnd().endsWith('}')) return null;
  let value: unknown;
  try {
    value = JSON.parse(text.slice(from));
  } catch {
    return null;
  }
  const fields: Collected = new Map();
  collect('', value, { fields, depth: 0 });
  return fields;
}

type Collected = Map<string, string[]>;

function collect(
  name: string,
  value: unknown,
  into: { readonly fields: Collected; readonly depth: number },
): void {
  if (into.fields.size >= fieldsMax) return;
  if (typeof value !== 'object' || value === null) {
    add(into.fields, name, String(value));
    return;
  }
  if (into.depth === depthMax) return;
  const deeper = { ...into, depth: into.depth + 1 };
  if (Array.isArray(value)) for (const one of value.slice(0, fieldsMax)) collect(name, one, deeper);
  else
    for (const [key, one] of Object.entries(value))
      collect(name === '' ? key : `${name}.${key}`, one, deeper);
}

const pair = /(?<=^|[\s,;|([{])([\p{L}_@][\p{L}\p{N}_.@-]*)=("(?:[^"\\]|\\.)*"|[^\s",;]*)/gu;

function pairs(text: string): Fields {
  const fields: Collected = new Map();
  if (!text.includes('=')) return fields;
  for (const [, name, value] of text.matchAll(pair)) {
    if (fields.size >= fieldsMax) break;
    const quoted = value!.startsWith('"');
    add(fields, name!, quoted ? value!.slice(1, -1).replace(/\\(["\\])/g, '$1') : value!);
  }
  return fields;
}

function add(fields: Collected, name: string, value: string): void {
  const folded = fold(name);
  const known = fields.get(folded);
  if (known === undefined) fields.set(folded, [value]);
  else if (known.length < fieldsMax) known.push(value);
}

/**
 * YAML as a tree whose every node knows its line and column, so that each message can name the place. Hostile
 * files are bounded: in bytes by whoever reads them, here in depth and in nodes (an alias counts each time).
 */

import type { Document, Node } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Scalar } from '../settings/field.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export type Tree =
  | { readonly kind: 'map'; readonly at: Place; readonly entries: readonly Entry[] }
  | { readonly kind: 'list'; readonly at: Place; readonly items: readonly Tree[] }
  /** `source`: as it stands in the file where it is plain, so that the key 0123 is not taken for a number. */
  | { readonly kind: 'scalar'; readonly at: Place; readonly value: Scalar; readonly source: string };

export interface Entry {
  readonly key: string;
  readonly at: Place;
  readonly tree: Tree;
}

export interface Fault {
  readonly at: Place;
  readonly cause: string;
}

const depthMax = 32;
const nodesMax = 20_000;

/** The tree is null for a file without content, and where there are faults. */
export function parseLocated(text: string): {
  readonly tree: Tree | null;
  readonly faults: readonly Fault[];
} {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true });
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const faults: Fault[] = [...document.errors, ...document.warnings].map((error) => ({
    at: placeOf(error.pos[0]),
    cause: error.message.split('\n')[0]!,
  }));
  if (faults.length > 0 || document.contents === null) return { tree: null, faults };
  const walk = { document, placeOf, faults, nodes: 0 };
  const tree = convert(document.contents, walk, 0);
  return faults.length > 0 ? { tree: null, faults } : { tree, faults };
}

interface Walk {
  readonly document: Document;
  readonly placeOf: (offset: number) => Place;
  readonly faults: Fault[];
  nodes: number;
}

function convert(node: Node | null, walk: Walk, depth: number): Tree {
  const at = walk.placeOf(node?.range?.[0] ?? 0);
  const nothing: Tree = { kind: 'scalar', at, value: null, source: '' };
  walk.nodes += 1;
  if (walk.nodes > nodesMax || depth > depthMax) {
    if (walk.nodes === nodesMax + 1 || depth === depthMax + 1) {
      walk.faults.push({ at, cause: 'more content than any configuration has' });
    }
    return nothing;
  }
  if (node === null) return nothing;
  if (isAlias(node)) {
    const target = node.resolve(walk.document);
    if (target !== undefined) return convert(target, walk, depth + 1);
    walk.faults.push({ at, cause: 'a value that begins with * is an alias; put it in quotes' });
    return nothing;
  }
  if (isMap(node)) {
    const entries: Entry[] = [];
    for (const pair of node.items) {
      const key = pair.key as Node | null;
      entries.push({
        key: isScalar(key) ? String(key.value) : '?',
        at: walk.placeOf(key?.range?.[0] ?? 0),
        tree: convert(pair.value as Node | null, walk, depth + 1),
      });
    }
    return { kind: 'map', at, entries };
  }
  if (isSeq(node)) {
    return {
      kind: 'list',
      at,
      items: node.items.map((item) => convert(item as Node | null, walk, depth + 1)),
    };
  }
  const value = isScalar(node) ? node.value : null;
  const source = isScalar(node) ? (node.source ?? String(value)) : '';
  return { kind: 'scalar', at, value: isPlain(value) ? value : source, source };
}

function isPlain(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

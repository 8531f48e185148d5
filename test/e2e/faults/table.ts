/** The table of figures, for the terminal and for the page between `<!-- faults:table -->` and its end mark. */
import type { Figures } from './figures.ts';

export interface Row {
  readonly name: string;
  readonly figures: Figures;
}

const head = [
  '| fault | cycles | fired | lines written | missing | repeated |',
  '| --- | --- | --- | --- | --- | --- |',
];
const place = /(<!-- faults:table -->\n)([\s\S]*?)(<!-- \/faults:table -->)/;

export function figuresTable(rows: readonly Row[]): string[] {
  return [...head, ...rows.map(lineOf)];
}

/** The page with these rows in the places of those of the same faults; new ones come last. */
export function mergeTable(page: string, rows: readonly Row[]): string {
  return page.replace(place, (_, start: string, table: string, end: string) => {
    const lines = new Map(
      table.split('\n').flatMap((line) => (nameOf(line) === null ? [] : [[nameOf(line), line]])),
    );
    for (const row of rows) lines.set(row.name, lineOf(row));
    return `${start}${[...head, ...lines.values()].join('\n')}\n${end}`;
  });
}

function nameOf(line: string): string | null {
  return line.match(/^\| `([^`]+)`/)?.[1] ?? null;
}

function lineOf({ name, figures }: Row): string {
  const { cycles, kinds, written, missing, repeated } = figures;
  return `| \`${name}\` | ${cycles} | ${kinds} | ${written} | ${missing} | ${repeated} |`;
}

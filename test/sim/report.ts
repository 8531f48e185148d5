/** What runs found, as Markdown for docs/reliability.md. */
import type { Caught } from './plant-run.ts';
import type { Tally } from './tally.ts';

/** What stands between `<!-- name -->` and `<!-- /name -->` becomes `text`. Throws where the page has no such place. */
export function putBetween(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page has no place for ${name}`);
  return `${page.slice(0, from + begin.length)}${text}\n${page.slice(to)}`;
}

export function figuresOf({ seeds, failed, lines, virtualMs, fired }: Tally): string {
  const hours = Math.round(virtualMs / 3_600_000);
  const what = `${seeds} seeds, ${hours} hours of virtual time, ${lines} lines; ${failed.length} seeds failed.`;
  const rows = [...fired]
    .filter(([name]) => !name.includes(': '))
    .sort()
    .map(([name, times]) => `| ${name} | ${times} |`);
  return [what, '', '| fault | fired |', '| --- | --- |', ...rows].join('\n');
}

export function plantedTable(found: readonly (readonly [string, Caught | null])[]): string {
  const rows = found.map(([name, caught]) =>
    caught === null ? `| ${name} | not caught | |` : `| ${name} | ${caught.invariant} | ${caught.seeds} |`,
  );
  return ['| planted bug | seen by | after seeds |', '| --- | --- | --- |', ...rows].join('\n');
}

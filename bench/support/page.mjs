// Puts the tables of a run into a page: each bench between its own marks, the machine between `machine` ones. What was
// not run stays as it is; marks that are not there yet are added at the end.
import { readFileSync, writeFileSync } from 'node:fs';

export function writePage(path, { machine, sections }) {
  let page = readFileSync(path, 'utf8');
  const facts = Object.entries(machine)
    .map(([name, value]) => `${name}: ${value}`)
    .join('; ');
  for (const { name, text } of sections) {
    // A bench is a section of the page's own one.
    page = between(page, name, `#${text.trimEnd()}\n\n${facts}.\n`);
  }
  writeFileSync(path, page);
}

function between(page, name, text) {
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const start = page.indexOf(open);
  const end = page.indexOf(close);
  if (start === -1 || end === -1) return `${page.trimEnd()}\n\n${open}\n${text}${close}\n`;
  return `${page.slice(0, start)}${open}\n${text}${page.slice(end)}`;
}

/**
 * What a query finds as a file, the newest line first: NDJSON, CSV (RFC 4180) or the lines themselves. A page at a time is
 * in memory, and a slow reader is waited for.
 */
import type { FoundLine, PageAsked, Place } from '../store/search.ts';
import type { Store } from '../store/store.ts';
import { type FoundJson, foundJson } from './line-json.ts';

export const exportFormats = ['ndjson', 'csv', 'text'] as const;
export type ExportFormat = (typeof exportFormats)[number];

const types: Readonly<Record<ExportFormat, { readonly type: string; readonly extension: string }>> = {
  ndjson: { type: 'application/x-ndjson; charset=utf-8', extension: 'ndjson' },
  csv: { type: 'text/csv; charset=utf-8', extension: 'csv' },
  text: { type: 'text/plain; charset=utf-8', extension: 'log' },
};

export function exportHeaders(format: ExportFormat) {
  const { type, extension } = types[format];
  return { 'content-type': type, 'content-disposition': `attachment; filename="almadia.${extension}"` };
}

export async function* exportFound(
  store: Store,
  asked: Omit<PageAsked, 'before'>,
  format: ExportFormat,
): AsyncGenerator<string | Uint8Array> {
  if (format === 'csv') yield `${columns.join(',')}\r\n`;
  let before: Place | null = null;
  do {
    const page = await store.search.page({ ...asked, before });
    if (page.lines.length > 0) yield written(page.lines, format);
    if (format === 'ndjson') {
      for (const { stream, from, to } of page.damaged) {
        const where = { agent: stream.agent, source: stream.source, stream: stream.id, from, to };
        yield `${JSON.stringify({ ...where, error: 'the stored bytes are damaged' })}\n`;
      }
    }
    before = page.next;
  } while (before !== null && !asked.signal.aborted);
}

const lineEnd = new Uint8Array([0x0a]);

function written(lines: readonly FoundLine[], format: ExportFormat): string | Uint8Array {
  switch (format) {
    case 'ndjson':
      return lines.map((one) => `${JSON.stringify(foundJson(one))}\n`).join('');
    case 'csv':
      return lines.map((one) => csvRow(foundJson(one))).join('');
    case 'text':
      return Buffer.concat(lines.flatMap(({ line }) => [line.bytes, lineEnd]));
  }
}

const columns = [
  'received_at',
  'agent',
  'source',
  'path',
  'level',
  'text',
] as const satisfies (keyof FoundJson)[];

function csvRow(line: FoundJson): string {
  return `${columns.map((name) => csvCell(line[name] ?? '')).join(',')}\r\n`;
}

/**
 * Quoted. Spreadsheets run what begins with these as a formula, some after white space too; an apostrophe makes it text
 * (OWASP, CSV Injection).
 */
function csvCell(text: string): string {
  const runs = /^[\s\0]*[=+\-@\t\r\n＝＋－＠|%]/.test(text);
  return `"${runs ? "'" : ''}${text.replaceAll('"', '""')}"`;
}

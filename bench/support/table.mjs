// Tables for a terminal and, with the same widths, for a page of Markdown.

/** A number with about three digits, or `-` where nothing was measured. */
export function figure(value, unit = '') {
  if (value === null || value === undefined || Number.isNaN(value)) return '-';
  const size = Math.abs(value);
  const digits = size >= 100 || value === 0 ? 0 : size >= 10 ? 1 : 2;
  const text = value.toFixed(size > 0 && size < 0.095 ? 3 : digits);
  return unit === '' ? text : `${text} ${unit}`;
}

/** A ratio, as `6.1x`. */
export function times(value) {
  return value === null || value === undefined ? '-' : `${figure(value)}x`;
}

/** The first column is text, the others are aligned to the right where every cell begins like a number. */
export function formatTable({ title, columns, rows, notes = [] }) {
  const lines = [columns, ...rows].map((row) =>
    row.map((cell) => String(cell ?? '-').replaceAll('|', '\\|')),
  );
  const numeric = columns.map((_, index) =>
    rows.every((row) => /^(-|[\d.-]+\D{0,6})$/.test(String(row[index] ?? '-'))),
  );
  const widths = columns.map((_, index) => Math.max(3, ...lines.map((row) => row[index].length)));
  const cell = (text, index) => (numeric[index] ? text.padStart(widths[index]) : text.padEnd(widths[index]));
  const line = (row) => `| ${row.map(cell).join(' | ')} |`;
  const rule = `| ${widths.map((width, index) => (numeric[index] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  return [
    `**${title}**`,
    '',
    line(lines[0]),
    rule,
    ...lines.slice(1).map(line),
    ...(notes.length > 0 ? ['', ...notes.map((note) => `- ${note}`)] : []),
    '',
  ].join('\n');
}

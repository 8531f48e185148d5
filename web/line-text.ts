/**
 * Log text is hostile: it may hold terminal escapes, characters that turn the reading direction round, or characters
 * that cannot be seen. Here it becomes text in which nothing is hidden: what cannot be seen is replaced by a symbol,
 * and the places of the symbols are kept, so that they look different from a line that contains the same letters.
 * The only thing taken out are colour and erase-line escapes (CSI … m, CSI … K), which carry no text.
 *
 * The result is for text nodes; it is never parsed as HTML. Offsets are UTF-16 units.
 */
export interface VisibleText {
  readonly text: string;
  /** Where symbols stand in `text`: in order, without overlap. */
  readonly symbols: readonly TextRange[];
}

export interface TextRange {
  readonly from: number;
  readonly to: number;
}

/** A part of a line that looks the same throughout. `match`: it is part of what the filter found. */
export interface Piece {
  readonly text: string;
  readonly symbol: boolean;
  readonly match: boolean;
}

/** Controls, formats, separators of lines, lone surrogates, and what Unicode calls ignorable; not tab, not emoji style. */
const unseen = /(?!\t|\uFE0E|\uFE0F)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const unseenAll = new RegExp(unseen.source, 'gu');

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const styleEscapes = /\u001b\[[0-9;:]*[mK]/g;

/** The text as it is shown, without the places of symbols: what the filter looks at. */
export function searchText(raw: string): string {
  if (!unseen.test(raw)) return raw;
  return raw.replace(styleEscapes, '').replace(unseenAll, symbolOf);
}

export function visibleText(raw: string): VisibleText {
  if (!unseen.test(raw)) return { text: raw, symbols: [] };
  const plain = raw.replace(styleEscapes, '');
  const symbols: TextRange[] = [];
  let text = '';
  let done = 0;
  for (const found of plain.matchAll(unseenAll)) {
    text += plain.slice(done, found.index);
    const symbol = symbolOf(found[0]);
    symbols.push({ from: text.length, to: text.length + symbol.length });
    text += symbol;
    done = found.index + found[0].length;
  }
  return { text: text + plain.slice(done), symbols };
}

/** The beginning of a long line, never ending in half a surrogate pair. */
export function headOf(raw: string, lengthMax: number): string {
  if (raw.length <= lengthMax) return raw;
  const last = raw.charCodeAt(lengthMax - 1);
  return raw.slice(0, last >= 0xd800 && last <= 0xdbff ? lengthMax - 1 : lengthMax);
}

/** The filter as a pattern: the words as they stand, in any case. Null when there is nothing to look for. */
export function filterPattern(filter: string): RegExp | null {
  const words = filter.trim();
  if (words === '') return null;
  return new RegExp(escaped(words), 'giu');
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** Any of a query's words, for drawing them: what it excludes and what it joins with is left out. */
export function wordsPattern(query: string): RegExp | null {
  const words = [
    ...query.matchAll(/(?<=^|[\s(])(-?)(?:[\p{L}_@][\p{L}\p{N}_.@-]*:)?("[^"]+"|[^\s"():*?<>]+)/gu),
  ]
    .filter(([whole, minus]) => minus === '' && !['AND', 'OR', 'NOT'].includes(whole))
    .map(([, , word]) => escaped(word!.replaceAll('"', '')));
  return words.length === 0 ? null : new RegExp(words.join('|'), 'giu');
}

export function matches(text: string, pattern: RegExp | null): boolean {
  if (pattern === null) return true;
  pattern.lastIndex = 0;
  return pattern.test(text);
}

/** Cuts the text wherever a symbol or a match begins or ends. The pieces together are the whole text. */
export function piecesOf(visible: VisibleText, pattern: RegExp | null): readonly Piece[] {
  const found = pattern === null ? [] : rangesOf(visible.text, pattern);
  const { text, symbols } = visible;
  if (found.length === 0 && symbols.length === 0) return [{ text, symbol: false, match: false }];
  const pieces: Piece[] = [];
  let at = 0;
  let symbol = 0;
  let match = 0;
  while (at < text.length) {
    while (symbol < symbols.length && symbols[symbol]!.to <= at) symbol++;
    while (match < found.length && found[match]!.to <= at) match++;
    const inSymbol = covers(symbols[symbol], at);
    const inMatch = covers(found[match], at);
    const end = Math.min(nextEdge(symbols[symbol], at), nextEdge(found[match], at), text.length);
    pieces.push({ text: text.slice(at, end), symbol: inSymbol, match: inMatch });
    at = end;
  }
  return pieces;
}

function rangesOf(text: string, pattern: RegExp): readonly TextRange[] {
  // `matchAll` begins where the pattern's last test ended.
  pattern.lastIndex = 0;
  return [...text.matchAll(pattern)].map((found) => ({
    from: found.index,
    to: found.index + found[0].length,
  }));
}

function covers(range: TextRange | undefined, at: number): boolean {
  return range !== undefined && range.from <= at && at < range.to;
}

function nextEdge(range: TextRange | undefined, at: number): number {
  if (range === undefined) return Number.POSITIVE_INFINITY;
  return range.from > at ? range.from : range.to;
}

/** The names of ASCII's controls, which every font can show; U+2400 and its neighbours are absent from many. */
const controlNames =
  'NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'.split(
    ' ',
  );

/** ESC and the like for the controls of ASCII, U+202E and the like for all others. */
function symbolOf(char: string): string {
  const code = char.codePointAt(0)!;
  if (code < 0x20) return controlNames[code]!;
  if (code === 0x7f) return 'DEL';
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * The `logs` of a request, from JSON to lines, without a value made for each.
 *
 *   logs   = [ item, … ]                                       at least one
 *   item   = string                                            where `records` is 0 (protocol A)
 *          | {"log_text":string,"source":string,"timestamp":string or number}      else (protocol B)
 *
 * Keys in this order and no others; white space wherever JSON has it. The texts are unescaped, each followed by LF.
 * The body must be valid UTF-8 as a whole: that is asked before, for all of it at once.
 *
 * What is not exactly this gives 0, and the caller reads the body in the general way, which alone says what is wrong.
 * So too does a text that holds LF or ends with CR (it would not be that line any more when it is read back), a
 * surrogate without its other half, an escape in a time, and more items or origins than there is room for.
 *
 * Memory: `out` must have room for `end - at` + 16 bytes, for every item takes more bytes than its text; the room
 * is apart from the body, since 16 bytes are written where fewer may count. 16 bytes behind `end` are read at most.
 * `result` is four words, then `itemsMax` line ends (offsets from `out`, behind the LF), then `originsMax` origins:
 *   result  = items, bytes at out, origins, unused
 *   origin  = the first item that has it, where its source stands in the body, quotes included: from, to
 */

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const LF: u32 = 0x0a;
const CR: u32 = 0x0d;

/** The keys as they lie in memory, four bytes at a time: `"log` `_tex` `t"`, `"sou` `rce"`, `"tim` `esta` `mp` `"`. */
const LOG: u32 = 0x676f6c22;
const TEX: u32 = 0x7865745f;
const T_QUOTE: u32 = 0x2274;
const SOU: u32 = 0x756f7322;
const RCE: u32 = 0x22656372;
const TIM: u32 = 0x6d697422;
const ESTA: u32 = 0x61747365;
const MP: u32 = 0x706d;

/** Where `scanText` has stopped writing. */
let written: usize = 0;

/** What follows the text of the item before: most items of a body end with the same bytes. */
let tailFrom: usize = 0;
let tailLength: usize = 0;

let sourceFrom: usize = 0;
let sourceTo: usize = 0;

/** The position behind `]`; 0 where the logs are not of this shape. */
export function scanLogs(
  at: usize,
  end: usize,
  records: i32,
  out: usize,
  result: usize,
  itemsMax: u32,
  originsMax: u32,
): usize {
  const lineEnds = result + 16;
  const origins = lineEnds + ((<usize>itemsMax) << 2);
  let items: u32 = 0;
  let originCount: u32 = 0;
  written = out;
  tailLength = 0;
  sourceFrom = 0;
  sourceTo = 0;
  for (;;) {
    if (items >= itemsMax) return 0;
    at = skipSpace(at, end);
    if (records) {
      at = skipOpening(at, end);
      if (at == 0) return 0;
    }
    if (at >= end || load<u8>(at) != QUOTE) return 0;
    at = scanText(at + 1, end);
    if (at == 0) return 0;
    store<u8>(written++, LF);
    store<u32>(lineEnds + ((<usize>items) << 2), <u32>(written - out));
    if (records) {
      const before = sourceFrom;
      at = skipTail(at, end);
      if (at == 0) return 0;
      if (sourceFrom != before) {
        if (originCount >= originsMax) return 0;
        const origin = origins + <usize>originCount * 12;
        store<u32>(origin, items);
        store<u32>(origin, <u32>sourceFrom, 4);
        store<u32>(origin, <u32>sourceTo, 8);
        originCount++;
      }
    }
    items++;
    at = skipSpace(at, end);
    if (at >= end) return 0;
    const next = <u32>load<u8>(at++);
    if (next == 0x5d) break;
    if (next != 0x2c) return 0;
  }
  store<u32>(result, items);
  store<u32>(result, <u32>(written - out), 4);
  store<u32>(result, originCount, 8);
  return at;
}

/** Copies and unescapes a string to `written`; gives the position behind its closing quotation mark, or 0. */
function scanText(at: usize, end: usize): usize {
  const begin = written;
  let out = begin;
  while (at < end) {
    if (ASC_FEATURE_SIMD) {
      const quotes = i8x16.splat(<i8>QUOTE);
      const backslashes = i8x16.splat(<i8>BACKSLASH);
      const spaces = i8x16.splat(0x20);
      // Ordinary bytes are copied 16 at a time; where a special one stands among them, only those before it count.
      for (; at < end; at += 16, out += 16) {
        const bytes = v128.load(at);
        v128.store(out, bytes);
        const special = v128.or(
          v128.or(i8x16.eq(bytes, quotes), i8x16.eq(bytes, backslashes)),
          i8x16.lt_u(bytes, spaces),
        );
        if (v128.any_true(special)) {
          const before = ctz(i8x16.bitmask(special));
          at += before;
          out += before;
          break;
        }
      }
    } else {
      for (; at < end; at++, out++) {
        const byte = <u32>load<u8>(at);
        if (byte == QUOTE || byte == BACKSLASH || byte < 0x20) break;
        store<u8>(out, byte);
      }
    }
    if (at >= end) return 0;
    const byte = <u32>load<u8>(at);
    if (byte == QUOTE) {
      if (out > begin && load<u8>(out - 1) == CR) return 0;
      written = out;
      return at + 1;
    }
    if (byte != BACKSLASH || at + 1 >= end) return 0;
    const letter = <u32>load<u8>(at + 1);
    if (letter == 0x75) {
      at = unescaped(at, end, out);
      if (at == 0) return 0;
      out = written;
    } else {
      const meant = meaningOf(letter);
      if (meant == 0) return 0;
      store<u8>(out++, meant);
      at += 2;
    }
  }
  return 0;
}

/** What a letter behind a backslash stands for; 0 for none, and for LF, which no line can hold. */
function meaningOf(letter: u32): u32 {
  if (letter == QUOTE || letter == BACKSLASH || letter == 0x2f) return letter;
  if (letter == 0x74) return 0x09;
  if (letter == 0x72) return CR;
  if (letter == 0x62) return 0x08;
  if (letter == 0x66) return 0x0c;
  return 0;
}

/** Writes the character of `\uXXXX` (or of two that are a surrogate pair) and sets `written`; 0 where it is none. */
function unescaped(at: usize, end: usize, out: usize): usize {
  let character = hexadecimal(at, end);
  at += 6;
  if (character == LF || character > 0xffff) return 0;
  if (character >= 0xd800 && character <= 0xdfff) {
    if (character >= 0xdc00) return 0;
    const low = hexadecimal(at, end);
    if (low < 0xdc00 || low > 0xdfff) return 0;
    at += 6;
    character = 0x10000 + ((character - 0xd800) << 10) + (low - 0xdc00);
  }
  if (character < 0x80) {
    store<u8>(out++, character);
  } else if (character < 0x800) {
    store<u8>(out++, 0xc0 | (character >> 6));
    store<u8>(out++, 0x80 | (character & 0x3f));
  } else if (character < 0x10000) {
    store<u8>(out++, 0xe0 | (character >> 12));
    store<u8>(out++, 0x80 | ((character >> 6) & 0x3f));
    store<u8>(out++, 0x80 | (character & 0x3f));
  } else {
    store<u8>(out++, 0xf0 | (character >> 18));
    store<u8>(out++, 0x80 | ((character >> 12) & 0x3f));
    store<u8>(out++, 0x80 | ((character >> 6) & 0x3f));
    store<u8>(out++, 0x80 | (character & 0x3f));
  }
  written = out;
  return at;
}

/** The number in `\uXXXX` at `at`; more than 16 bits where there is none. */
function hexadecimal(at: usize, end: usize): u32 {
  if (at + 6 > end || load<u8>(at) != BACKSLASH || load<u8>(at, 1) != 0x75) return 0x10000;
  let value: u32 = 0;
  for (let digit: usize = 2; digit < 6; digit++) {
    const byte = <u32>load<u8>(at + digit);
    const lower = byte | 0x20;
    if (byte >= 0x30 && byte <= 0x39) value = (value << 4) | (byte - 0x30);
    else if (lower >= 0x61 && lower <= 0x66) value = (value << 4) | (lower - 0x57);
    else return 0x10000;
  }
  return value;
}

/** From `{` to the quotation mark of the text. */
function skipOpening(at: usize, end: usize): usize {
  if (at >= end || load<u8>(at) != 0x7b) return 0;
  at = skipSpace(at + 1, end);
  if (at + 10 > end || load<u32>(at) != LOG || load<u32>(at, 4) != TEX || <u32>load<u16>(at, 8) != T_QUOTE)
    return 0;
  return skipColon(at + 10, end);
}

/** From behind the text to behind `}`. */
function skipTail(from: usize, end: usize): usize {
  if (tailLength > 0 && from + tailLength <= end && equal(from, tailFrom, tailLength))
    return from + tailLength;
  let at = skipComma(from, end);
  if (at == 0 || at + 8 > end || load<u32>(at) != SOU || load<u32>(at, 4) != RCE) return 0;
  at = skipColon(at + 8, end);
  if (at == 0) return 0;
  const source = at;
  at = skipString(at, end, true);
  if (at == 0) return 0;
  const sourceEnd = at;
  at = skipComma(at, end);
  if (at == 0 || at + 11 > end || load<u32>(at) != TIM || load<u32>(at, 4) != ESTA) return 0;
  if (<u32>load<u16>(at, 8) != MP || <u32>load<u8>(at, 10) != QUOTE) return 0;
  at = skipColon(at + 11, end);
  if (at == 0 || at >= end) return 0;
  at = load<u8>(at) == QUOTE ? skipString(at, end, false) : skipNumber(at, end);
  if (at == 0) return 0;
  at = skipSpace(at, end);
  if (at >= end || load<u8>(at) != 0x7d) return 0;
  at++;
  if (sourceEnd - source != sourceTo - sourceFrom || !equal(source, sourceFrom, sourceEnd - source)) {
    sourceFrom = source;
    sourceTo = sourceEnd;
  }
  tailFrom = from;
  tailLength = at - from;
  return at;
}

/** A string as it stands, from quotation mark to quotation mark. */
function skipString(at: usize, end: usize, escapes: boolean): usize {
  if (at >= end || load<u8>(at) != QUOTE) return 0;
  for (at++; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == QUOTE) return at + 1;
    if (byte < 0x20) return 0;
    if (byte == BACKSLASH) {
      if (!escapes) return 0;
      at++;
    }
  }
  return 0;
}

/** Digits, and decimals where there are some. No sign, no exponent: no time has one. */
function skipNumber(at: usize, end: usize): usize {
  const from = at;
  at = skipDigits(at, end);
  if (at == from || (at - from > 1 && load<u8>(from) == 0x30)) return 0;
  if (at < end && load<u8>(at) == 0x2e) {
    const decimals = at + 1;
    at = skipDigits(decimals, end);
    if (at == decimals) return 0;
  }
  return at;
}

function skipDigits(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) >= 0x30 && load<u8>(at) <= 0x39) at++;
  return at;
}

function skipComma(at: usize, end: usize): usize {
  at = skipSpace(at, end);
  return at < end && load<u8>(at) == 0x2c ? skipSpace(at + 1, end) : 0;
}

function skipColon(at: usize, end: usize): usize {
  at = skipSpace(at, end);
  return at < end && load<u8>(at) == 0x3a ? skipSpace(at + 1, end) : 0;
}

function skipSpace(at: usize, end: usize): usize {
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte != 0x20 && byte != LF && byte != CR && byte != 0x09) break;
  }
  return at;
}

function equal(left: usize, right: usize, length: usize): boolean {
  let at: usize = 0;
  for (; at + 8 <= length; at += 8) if (load<u64>(left + at) != load<u64>(right + at)) return false;
  for (; at < length; at++) if (load<u8>(left + at) != load<u8>(right + at)) return false;
  return true;
}

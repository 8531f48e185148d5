/**
 * A bound on what a JSON text turns into in memory. 48 MiB of `[` are 50 KB of gzip, and parsing them takes 2.8 GB and
 * 20 s during which nobody else is answered (measured), so such bodies are not parsed at all.
 *
 * Values are counted by what begins or separates them: `[`, `{` and `,` outside of strings. That needs no parser, and
 * a text that is no JSON has at least a bounded cost.
 */

/** A record with the envelope is about seven: the bound is some 300,000 records in one request. */
export const jsonValuesMax = 2_000_000;

const quote = 0x22;
const backslash = 0x5c;

/** True when the text holds more values than the bound. Bodies too short for that are not looked at. */
export function hasTooManyValues(body: Uint8Array): boolean {
  return (
    body.length > jsonValuesMax && countEverywhere(body) > jsonValuesMax && countOutside(body) > jsonValuesMax
  );
}

/** Also inside of strings: quick, and nearly always within the bound. */
function countEverywhere(body: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < body.length; at++) if (beginsValue(body[at]!)) count += 1;
  return count;
}

function countOutside(body: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === quote) at = stringEnd(body, at);
    else if (beginsValue(byte)) count += 1;
  }
  return count;
}

/** The closing quote of the string that opens at `open`; the text's end where there is none. */
function stringEnd(body: Uint8Array, open: number): number {
  for (let at = body.indexOf(quote, open + 1); at >= 0; at = body.indexOf(quote, at + 1)) {
    let escapes = at;
    while (body[escapes - 1] === backslash) escapes -= 1;
    if ((at - escapes) % 2 === 0) return at;
  }
  return body.length;
}

function beginsValue(byte: number): boolean {
  return byte === 0x2c || byte === 0x5b || byte === 0x7b;
}

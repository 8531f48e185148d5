/**
 * Texts without the difference of case: lower case, by Unicode's simple mapping. The Kelvin sign and the dotted capital I
 * keep theirs, since they would become ASCII letters that are not in the bytes of the line; every sigma is one letter,
 * whatever stands around it.
 */
const special = /[\u0130\u212a\u03c2\u03a3]/;

export function fold(text: string): string {
  if (!special.test(text)) return text.toLowerCase();
  return text.replace(/[^\u0130\u212a]+/g, (part) => part.toLowerCase().replaceAll('\u03c2', '\u03c3'));
}

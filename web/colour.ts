/** A name always gets the same colour: one of the classes hue-0 to hue-11 of page.css. */
export const hueCount = 12;

/** FNV-1a over the name's UTF-16 units, 32 bits: names that differ in their last digit get different hues. */
export function hueClass(name: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return `hue-${(hash >>> 0) % hueCount}`;
}

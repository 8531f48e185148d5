/** Bytes that have a meaning here. */
export const TAB: u8 = 0x09;
export const LF: u8 = 0x0a;
export const CR: u8 = 0x0d;
export const QUOTE: u8 = 0x22;
export const BACKSLASH: u8 = 0x5c;

/** Copies in steps of 16: up to 15 bytes more are read and written than asked for. */
export function copyLoosely(to: usize, from: usize, bytes: usize): void {
  for (let offset: usize = 0; offset < bytes; offset += 16) v16(to + offset, from + offset);
}

function v16(to: usize, from: usize): void {
  if (ASC_FEATURE_SIMD) v128.store(to, v128.load(from));
  else {
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
  }
}

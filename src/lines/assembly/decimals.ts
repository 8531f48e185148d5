/** Decimal numbers with a comma after each. */
const COMMA: u8 = 0x2c;
const ZERO: u8 = 0x30;

/** What one number takes at most: ten digits and the comma. */
export const DECIMAL_BYTES_MAX: usize = 11;

/** Bytes of the number with its comma. */
export function decimalBytes(number: usize): usize {
  let bytes: usize = 2;
  for (let rest = number; rest >= 10; rest /= 10) bytes++;
  return bytes;
}

/** Writes the number and its comma; gives the offset after it. */
export function writeDecimal(out: usize, number: usize): usize {
  const end = out + decimalBytes(number);
  let at = end - 1;
  store<u8>(at, COMMA);
  let rest = number;
  do {
    store<u8>(--at, ZERO + u8(rest % 10));
    rest /= 10;
  } while (at > out);
  return end;
}

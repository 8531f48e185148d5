// Counting the records of a large body fast enough that the receiver is never the slower side: 16 bytes at a time, in
// WebAssembly, compiled here from a few lines of AssemblyScript by the development dependency. It counts `},{"l`, what
// stands between two records whose first key is `log_text`: inside of a JSON string no bare quote is followed by an l.
import asc from 'assemblyscript/asc';

const pageBytes = 64 * 1024;
/** What is read past the end of a body is zeroed first. */
const slackBytes = 32;

const source = `
export function count(at: i32, end: i32): i32 {
  let found = 0;
  for (; at < end; at += 16) {
    const braces = v128.and(is(at, 0x7d), v128.and(is(at + 1, 0x2c), is(at + 2, 0x7b)));
    found += popcnt(i8x16.bitmask(v128.and(braces, v128.and(is(at + 3, 0x22), is(at + 4, 0x6c)))));
  }
  return found;
}
// @ts-ignore: decorator
@inline function is(at: i32, byte: i8): v128 {
  return i8x16.eq(v128.load(at), i8x16.splat(byte));
}
`;

let compiled = null;

/** The module's code in base64: it goes to the receiver's process with its arguments. */
export async function compileCounter() {
  compiled ??= asc.compileString(source, {
    ...{ optimizeLevel: 3, runtime: 'stub', importMemory: true, noExportMemory: true, enable: ['simd'] },
  });
  const { binary, stderr } = await compiled;
  if (!binary) throw new Error(stderr.toString());
  return Buffer.from(binary).toString('base64');
}

/**
 * `allocate` gives buffers in memory that the module can read, `boundaries` counts in a body that lies at the start of
 * one; null in any other.
 */
export function openCounter(code) {
  const module = new WebAssembly.Module(Buffer.from(code, 'base64'));
  const instances = new WeakMap();
  return {
    allocate: (bytes) => {
      const pages = Math.ceil((bytes + slackBytes) / pageBytes);
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
      instances.set(memory.buffer, new WebAssembly.Instance(module, { env: { memory } }).exports);
      return Buffer.from(memory.buffer, 0, bytes);
    },
    boundaries: (body) => {
      const instance = instances.get(body.buffer);
      if (instance === undefined) return null;
      new Uint8Array(body.buffer, body.length, slackBytes).fill(0);
      return instance.count(0, body.length);
    },
  };
}

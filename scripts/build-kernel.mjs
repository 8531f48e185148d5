// Compiles src/lines/assembly twice, with SIMD and without, into dist/src/lines/kernel-code.js. A build whose sources
// have not changed is left as it is.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const root = 'src/lines/assembly';
const target = 'dist/src/lines/kernel-code.js';

const sources = readdirSync(root)
  .filter((name) => name.endsWith('.ts'))
  .sort();
const hash = createHash('sha256');
for (const file of [...sources.map((name) => `${root}/${name}`), 'package-lock.json', import.meta.filename]) {
  hash.update(file).update(readFileSync(file));
}
const mark = `// ${hash.digest('hex')}\n`;
if (!existsSync(target) || !readFileSync(target, 'utf8').startsWith(mark)) {
  const simd = await compile(['--enable', 'simd']);
  const scalar = await compile([]);
  mkdirSync('dist/src/lines', { recursive: true });
  writeFileSync(target, `${mark}export const simd = '${simd}';\nexport const scalar = '${scalar}';\n`);
}

/** The module in base64. */
async function compile(features) {
  // Binaryen takes a second to load, so it is loaded only when there is something to compile.
  const { default: asc } = await import('assemblyscript/asc');
  let wasm = null;
  const options = [
    '-O3',
    '--converge',
    '--noAssert',
    '--runtime',
    'stub',
    '--importMemory',
    '--zeroFilledMemory',
    ...features,
  ];
  const { error, stderr } = await asc.main([`${root}/index.ts`, '--outFile', 'kernel.wasm', ...options], {
    writeFile: (name, contents) => {
      if (name === 'kernel.wasm') wasm = contents;
    },
  });
  if (error) throw new Error(`the kernel cannot be compiled: ${stderr.toString()}`);
  return Buffer.from(wasm).toString('base64');
}

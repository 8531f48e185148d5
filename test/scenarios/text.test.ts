/** Bytes that are not UTF-8, and text in formats that later versions will read: today every line is bytes, and they arrive. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { asFile, type ExportedLine, Journey } from '../support/journey.ts';

test('ENC-01: invalid UTF-8 is U+FFFD for readers and kept as it is, and the next line is unharmed', async () => {
  await using journey = await Journey.start();
  await writeFile(journey.path('a.log'), Buffer.concat([Buffer.of(0xc5, 0x0a), Buffer.from('señal\n')]));
  const [bad, good] = await journey.exactly(['\ufffd', 'señal']);
  assert.deepEqual([...Buffer.from(bad!.raw!, 'base64')], [0xc5]);
  assert.equal(good!.raw, undefined);
});

test('a UTF-16 file, which is not decoded yet, arrives byte for byte, odd end and all', async () => {
  await using journey = await Journey.start({ source: { partialLineTimeoutMs: 100 } });
  const bytes = Buffer.concat([
    Buffer.of(0xff, 0xfe),
    // U+0A41 and U+0D0A hold bytes that look like line ends.
    Buffer.from('first\nsecond \u{1f600} \u0a41 \u0d0a\r\nlast', 'utf16le'),
    Buffer.of(0x41),
  ]);
  await writeFile(journey.path('a.log'), bytes);
  await journey.until('all of it arrives', async () => (await journey.stored()).at(-1)?.to === bytes.length);
  assert.deepEqual(joined(await journey.stored(), bytes.length), bytes);
});

/** The file again, from what the hub exports. */
function joined(lines: readonly ExportedLine[], size: number): Buffer {
  const parts = lines.map(({ from, to, text, raw }) => {
    const body = raw === undefined ? Buffer.from(text) : Buffer.from(raw, 'base64');
    const end = { 0: '', 1: '\n', 2: '\r\n' }[to - from - body.length];
    return Buffer.concat([body, Buffer.from(end!)]);
  });
  return Buffer.concat(parts, size);
}

test('FMT-05: JSON of every malice is text, and arrives as it is', async () => {
  await using journey = await Journey.start();
  const lines = [
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    '{"almadia":{"segments":[]},"log_text":"x","source":"y"}',
    '{"a":1,"a":2}',
    '{"unfinished": "\\ud800',
    "{'single': quotes}",
    `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    '{"n":1e999,"big":123456789012345678901234567890}',
    '\u2028{"separator":"\u2029"}',
    '{"nul":"\0"}',
  ];
  await writeFile(journey.path('a.log'), asFile(lines));
  await journey.exactly(lines);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

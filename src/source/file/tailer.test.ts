import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileHandle } from '../../host/disk.ts';
import { Tailer } from './tailer.ts';

function handleOf(content: string): FileHandle {
  const file = Buffer.from(content);
  const never = () => Promise.reject(new Error('not used'));
  return {
    read: (target, at) => {
      const bytes = file.subarray(at.position, at.position + at.length);
      target.set(bytes, at.offset);
      return Promise.resolve(bytes.length);
    },
    write: never,
    stat: never,
    sync: never,
    close: never,
  };
}

test('keeps the first bytes of what was read as evidence, also when a line among them is cut', async () => {
  const content = `short\n${'x'.repeat(50)}\nafter\n`;
  const tailer = new Tailer(handleOf(content), {
    stream: 's',
    path: '/log',
    position: 0,
    before: new Uint8Array(0),
    beginsSo: () => true,
    lineBytesMax: 10,
  });
  const reading = await tailer.read();
  assert.equal(reading.kind, 'lines');
  assert.deepEqual(
    reading.pieces.map(({ segment }) => [segment.kind, segment.from, segment.to]),
    [
      ['lines', 0, 6],
      ['cut', 6, 57],
      ['lines', 57, 63],
    ],
  );
  assert.equal(tailer.head.toString(), content);
});

test('gives nothing of a file that was written anew before anything of it was read', async () => {
  const options = { stream: 's', path: '/log', position: 0, before: new Uint8Array(0), lineBytesMax: 100 };
  const beginsSo = (bytes: Uint8Array) => Buffer.from(bytes).toString().startsWith('old');
  const changed = new Tailer(handleOf('new\nlines\n'), { ...options, beginsSo });
  assert.equal((await changed.read()).kind, 'replaced');
  const same = new Tailer(handleOf('old\nlines\n'), { ...options, beginsSo });
  assert.equal((await same.read()).kind, 'lines');
});

/** Server-sent events, however the network cuts them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventCharactersMax, eventReader } from '../../web/event-stream.ts';

test('events are read with their names, comments and unknown fields left out', () => {
  const read = eventReader();
  const text = ': here\n\nevent: line\nid: 7\ndata: {"a":1}\n\ndata:x\ndata: y\n\nevent: empty\n\ndata\n\n';
  assert.deepEqual(read(text), [
    { name: 'line', data: '{"a":1}' },
    { name: 'message', data: 'x\ny' },
    { name: 'message', data: '' },
  ]);
});

test('wherever the stream is cut and whatever ends its lines, the events are the same', () => {
  const end = fc.constantFrom('\n', '\r\n', '\r');
  fc.assert(
    fc.property(
      fc.array(fc.string(), { maxLength: 8 }),
      end,
      fc.array(fc.nat(200)),
      (texts, lineEnd, cuts) => {
        const wanted = texts.map((text) => ({ name: 'line', data: JSON.stringify(text) }));
        const stream = wanted
          .map(({ data }) => ['event: line', `data: ${data}`, '', ''].join(lineEnd))
          .join('');
        const read = eventReader();
        const found = [];
        let done = 0;
        for (const cut of [...cuts].sort((a, b) => a - b)) {
          found.push(...read(stream.slice(done, Math.max(done, cut))));
          done = Math.max(done, cut);
        }
        found.push(...read(stream.slice(done)), ...read(': end\n'));
        assert.deepEqual(found, wanted);
      },
    ),
  );
});

test('an event without end is refused before it fills the memory', () => {
  const read = eventReader();
  assert.deepEqual(read(`data: ${'x'.repeat(eventCharactersMax / 2)}\n`), []);
  assert.throws(() => read(`data: ${'x'.repeat(eventCharactersMax / 2 + 1)}\n`), RangeError);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Batch, Segment } from '../event/batch.ts';
import { recordsOf, splitInHalf } from './split.ts';

test('both halves have records, and together they are the batch', () => {
  const body = fc.array(
    fc.string({ maxLength: 5 }).map((text) => `${text.replaceAll('\n', '')}\n`),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(fc.array(body, { minLength: 1, maxLength: 4 }), (streams) => {
      const bodies = streams.map((lines) => Buffer.from(lines.join('')));
      const segments = bodies.map((bytes, index): Segment => {
        return { stream: `s${index}`, path: '/x', from: 100, to: 100 + bytes.length, kind: 'lines' };
      });
      const records = segments.reduce((sum, segment, index) => sum + recordsOf(segment, bodies[index]!), 0);
      fc.pre(records >= 2);
      const batch: Batch = {
        key: { output: 'o', sequence: 1, part: '' },
        id: '',
        readAtMs: 0,
        segments,
        records,
        bytes: bodies.reduce((sum, bytes) => sum + bytes.length, 0),
      };
      const [first, second] = splitInHalf(batch, bodies);
      assert.ok(first.records > 0 && second.records > 0);
      assert.equal(first.records + second.records, records);
      assert.deepEqual(Buffer.concat([...first.bodies, ...second.bodies]), Buffer.concat(bodies));
      for (const half of [first, second]) {
        half.segments.forEach((segment, index) => {
          assert.equal(segment.to - segment.from, half.bodies[index]!.length);
        });
      }
    }),
  );
});

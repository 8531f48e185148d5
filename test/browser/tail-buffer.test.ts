/** What the page holds: bounded, in order, each line once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { filterPattern } from '../../web/line-text.ts';
import { TailBuffer, type TailLine } from '../../web/tail-buffer.ts';
import { emptyWindowCache, rowsFor, rowsMax, windowOf } from '../../web/tail-window.ts';

const bounds = { linesMax: 20, charactersMax: 1_000, chunkLines: 5 };

function line(id: number, text = `line ${id}`): TailLine {
  return {
    id: String(id),
    agent: 'a',
    source: 's',
    path: '/s',
    text,
    receivedAtMs: id,
    cutOfBytes: null,
    validUtf8: true,
  };
}

function lines(from: number, to: number): TailLine[] {
  return Array.from({ length: to - from }, (_, index) => line(from + index));
}

/** Ids of lines, and reasons of notes. */
function shown(buffer: TailBuffer): string[] {
  return buffer.chunks.flatMap((chunk) =>
    chunk.entries.map((entry) => (entry.kind === 'line' ? entry.line.id : entry.note.reason)),
  );
}

test('a line that comes twice is shown once, also after a clearing', () => {
  const buffer = new TailBuffer(bounds);
  assert.equal(buffer.add(lines(0, 3)), 3);
  assert.equal(buffer.add(lines(1, 4)), 1);
  assert.deepEqual(shown(buffer), ['0', '1', '2', '3']);
  buffer.clear();
  buffer.add(lines(0, 5));
  assert.deepEqual(shown(buffer), ['4']);
});

test('after a reconnection what is not there yet is taken, and nothing twice', () => {
  const buffer = new TailBuffer(bounds);
  buffer.add([line(1), line(3)]);
  buffer.catchUp(lines(1, 6));
  assert.deepEqual(shown(buffer), ['1', '3', '2', '4', '5']);
});

test('a reconnection that reaches none of the known lines says that some are absent', () => {
  const buffer = new TailBuffer(bounds);
  buffer.add(lines(0, 2));
  buffer.catchUp(lines(8, 10));
  assert.deepEqual(shown(buffer), ['0', '1', 'while-away', '8', '9']);
});

test('the first lines of all are shown without a note', () => {
  const buffer = new TailBuffer(bounds);
  buffer.catchUp(lines(5, 8));
  assert.deepEqual(shown(buffer), ['5', '6', '7']);
});

test('nothing moves while the view is held, and all of it comes afterwards', () => {
  const buffer = new TailBuffer(bounds);
  buffer.add(lines(0, 2));
  buffer.hold();
  const before = buffer.chunks;
  buffer.add(lines(2, 5));
  assert.equal(buffer.chunks, before);
  assert.equal(buffer.arrivedWhileHeld, 3);
  buffer.release();
  assert.deepEqual(shown(buffer), ['0', '1', '2', '3', '4']);
  assert.equal(buffer.arrivedWhileHeld, 0);
});

test('what no longer fits while held is counted and named', () => {
  const buffer = new TailBuffer(bounds);
  buffer.hold();
  buffer.add(lines(0, 25));
  assert.equal(buffer.arrivedWhileHeld, 25);
  buffer.release();
  const notes = buffer.chunks.flatMap((chunk) => chunk.entries).filter((entry) => entry.kind === 'note');
  assert.deepEqual(
    notes.map((entry) => entry.note),
    [{ reason: 'while-paused', count: 10 }],
  );
});

test('lines and characters stay within their bounds, the newest line always stays, and order is kept', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), count: fc.nat(30), length: fc.nat(400) }),
    fc.record({ kind: fc.constantFrom('hold' as const, 'release' as const, 'clear' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const buffer = new TailBuffer(bounds);
      let next = 0;
      for (const action of steps) {
        if (action.kind !== 'add') buffer[action.kind]();
        else {
          const added = Array.from({ length: action.count }, () => line(next++, 'x'.repeat(action.length)));
          buffer.add(added);
        }
        const ids = shown(buffer)
          .filter((name) => name !== 'while-paused')
          .map(Number);
        assert.deepEqual(
          ids,
          [...ids].sort((a, b) => a - b),
        );
        assert.ok(ids.length <= bounds.linesMax);
        const characters = buffer.chunks.reduce((sum, chunk) => sum + chunk.characters, 0);
        assert.ok(characters <= bounds.charactersMax || buffer.chunks.length === 1);
      }
      buffer.release();
      buffer.add([line(next)]);
      assert.equal(shown(buffer).at(-1), String(next));
    }),
  );
});

test('a full chunk stays the same object, so that it is not drawn again', () => {
  const buffer = new TailBuffer(bounds);
  buffer.add(lines(0, 7));
  const first = buffer.chunks[0];
  buffer.add(lines(7, 9));
  assert.equal(buffer.chunks[0], first);
});

test('the window shows the newest rows that pass the filter', () => {
  const buffer = new TailBuffer(bounds);
  buffer.add(lines(0, 19));
  buffer.note({ reason: 'too-fast', count: 3 });
  const cache = emptyWindowCache();
  const all = windowOf(buffer.chunks, { pattern: null, cache, rowsMax: 10 });
  assert.equal(all.chunks.at(-1)!.entries.at(-1)!.kind, 'note');
  assert.ok(all.lines >= 9 && all.lines < 15);
  const pattern = filterPattern('LINE 1');
  const some = windowOf(buffer.chunks, { pattern, cache, rowsMax: 100 });
  assert.equal(some.lines, 10);
  assert.equal(windowOf(buffer.chunks, { pattern, cache, rowsMax: 100 }).chunks[0], some.chunks[0]);
});

test('only a flood that is followed is drawn short', () => {
  assert.equal(rowsFor({ following: true, linesPerSecond: 10 }), rowsMax);
  assert.equal(rowsFor({ following: false, linesPerSecond: 10_000 }), rowsMax);
  assert.ok(rowsFor({ following: true, linesPerSecond: 10_000 }) < rowsMax);
});

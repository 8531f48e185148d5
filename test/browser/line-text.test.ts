/** Nothing in a line is hidden, and what the filter finds is what is seen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { filterPattern, headOf, matches, piecesOf, searchText, visibleText } from '../../web/line-text.ts';

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\u001b[31m', '\u0000', '\u202e', '\ud800', 'a', 'A', ' ', '\t'),
    fc.string(),
  ),
});

test('an ordinary line is shown as it is, tabs and emoji included', () => {
  const line = '\tGET /ñandú?q=<b>&amp; ⚠\uFE0F 200';
  assert.deepEqual(visibleText(line), { text: line, symbols: [] });
});

test('control and direction characters become symbols that are told apart from letters', () => {
  const { text, symbols } = visibleText('a\u0000b\u202Ec');
  assert.equal(text, 'aNULbU+202Ec');
  assert.deepEqual(
    symbols.map((range) => text.slice(range.from, range.to)),
    ['NUL', 'U+202E'],
  );
});

test('colour codes are left out; other escapes keep their text in sight', () => {
  assert.equal(visibleText('\u001b[1;31mERROR\u001b[0m\u001b[K done').text, 'ERROR done');
  assert.equal(visibleText('\u001b]0;secret\u0007x').text, 'ESC]0;secretBELx');
});

test('line separators, zero-width characters, tags and lone surrogates are seen', () => {
  const unseen = ['\u2028', '\u200b', '\u{e0041}', '\ud83d', '\u009b', '\u00ad', '\ufeff', '\u3164'];
  for (const char of unseen) {
    assert.equal(
      visibleText(char).text,
      `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`,
    );
  }
});

test('whatever the line, no unseen character is left, and the filter looks at the same text', () => {
  fc.assert(
    fc.property(anyText, (line) => {
      const { text, symbols } = visibleText(line);
      assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Cs}](?<!\t)/u);
      assert.equal(searchText(line), text);
      for (const range of symbols) assert.ok(range.from < range.to && range.to <= text.length);
    }),
  );
});

test('the pieces together are the whole text, and the matched ones are what was looked for', () => {
  fc.assert(
    fc.property(anyText, fc.string({ maxLength: 3 }), (line, filter) => {
      const visible = visibleText(line);
      const pattern = filterPattern(filter);
      const pieces = piecesOf(visible, pattern);
      assert.equal(pieces.map((piece) => piece.text).join(''), visible.text);
      assert.equal(
        pieces.some((piece) => piece.match),
        pattern !== null && matches(visible.text, pattern),
      );
    }),
  );
});

test('what was found in one line does not change what is marked in the next', () => {
  const pattern = filterPattern('x');
  assert.ok(matches('aaax', pattern));
  assert.deepEqual(piecesOf(visibleText('x'), pattern), [{ text: 'x', symbol: false, match: true }]);
});

test('a match that begins inside a symbol is cut where the symbol ends', () => {
  const pieces = piecesOf(visibleText('\u0000x'), filterPattern('ulx'));
  assert.deepEqual(pieces, [
    { text: 'N', symbol: true, match: false },
    { text: 'UL', symbol: true, match: true },
    { text: 'x', symbol: false, match: true },
  ]);
});

test('the filter takes its characters as they are and looks past upper and lower case', () => {
  assert.ok(matches('GET /a.b?c=[1]', filterPattern(' get /A.B?c=[1] ')));
  assert.ok(!matches('GET /axb', filterPattern('a.b')));
  assert.equal(filterPattern('  '), null);
});

test('a long line is never cut inside a character', () => {
  assert.equal(headOf('ab😀c', 3), 'ab');
  assert.equal(headOf('ab😀c', 4), 'ab😀');
  assert.equal(headOf('abc', 3), 'abc');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matcherOf } from './matcher.ts';
import { compileRegex, RegexError } from './regex.ts';

const atom = fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '\\d', '\\w', '\\s', '\\.', '1', '[a-c1]');
const regex = fc.letrec<{ whole: string; part: string }>((tie) => ({
  part: fc.oneof(
    { weight: 4, arbitrary: atom },
    fc
      .tuple(tie('whole'), fc.constantFrom('', '*', '+', '?', '{2}', '{1,3}', '{0,}'))
      .map(([part, times]) => `(${part})${times}`),
    fc.tuple(tie('whole'), tie('whole')).map(([left, right]) => `(?:${left}|${right})`),
    fc.constantFrom('^', '$'),
  ),
  whole: fc
    .array(tie('part'), { minLength: 1, maxLength: 3, depthIdentifier: 'whole' })
    .map((parts) => parts.join('')),
})).whole;

test('matches as the engine’s own expressions do', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', ' ', '.', '\n'), maxLength: 12 });
  fc.assert(
    fc.property(regex, text, (source, line) => {
      let automaton: ReturnType<typeof compileRegex>;
      try {
        automaton = compileRegex(source);
      } catch (error) {
        assert.ok(error instanceof RegexError);
        return;
      }
      assert.equal(matcherOf(automaton)(line), new RegExp(source).test(line));
    }),
    { numRuns: 2000 },
  );
});

test('compiles or refuses any text', () => {
  const piece = fc.constantFrom(
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '\\',
    '*',
    '+',
    '?',
    '|',
    '^',
    '-',
    'a',
    'z',
    '9',
    ',',
    ':',
    '🦀',
  );
  fc.assert(
    fc.property(fc.string({ unit: piece, maxLength: 30 }), (source) => {
      try {
        matcherOf(compileRegex(source))('a9🦀z');
      } catch (error) {
        assert.ok(error instanceof RegexError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test('refuses what would take too many states, without making them', () => {
  for (const source of [
    '(((a{100}){100}){100}){100}',
    '((((()){100}){100}){100}){100}',
    `${'('.repeat(60)}a${')'.repeat(60)}`,
  ]) {
    assert.throws(() => compileRegex(source), RegexError);
  }
});

test('takes time in proportion to the text where the engine’s own would never end', () => {
  const matches = matcherOf(compileRegex('^(a+)+$'));
  assert.equal(matches('a'.repeat(200_000)), true);
  assert.equal(matches(`${'a'.repeat(200_000)}b`), false);
  assert.equal(matcherOf(compileRegex('(x+x+)+y'))('x'.repeat(200_000)), false);
});

test('remembers no more steps than its bound, and answers the same', () => {
  const matches = matcherOf(compileRegex('(a|b)[^c]{60}d$'));
  let text = '';
  for (let seed = 1; text.length < 30_000; seed = (seed * 48_271) % 2_147_483_647)
    text += seed % 3 === 0 ? 'a' : 'b';
  assert.equal(matches(`${text}d`), true);
  assert.equal(matches(`${text}cd`), false);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fieldsOf } from './fields.ts';
import { fold } from './fold.ts';
import { levelNamed, levelOf, levels } from './level.ts';
import { isNothing, lineTest, type Origin, ofOrigin, Subject } from './match.ts';
import { needlesOf } from './needles.ts';
import { parseQuery } from './parse.ts';
import { printQuery } from './print.ts';
import type { Comparison, Pattern, Query } from './query.ts';

const origin: Origin = { agent: 'web-1', source: 'nginx.log', host: 'srv7' };

function matches(query: string, line: string, from: Origin = origin): boolean {
  return lineTest(ofOrigin(parseQuery(query).query, from))(new Subject(line));
}

/** Pieces that mean something, so that random texts come upon the syntax. */
const piece = fc.constantFrom(
  ...[
    '(',
    ')',
    '"',
    '-',
    '*',
    '?',
    '/',
    '\\',
    ':',
    ' ',
    ' ',
    '  ',
    'OR',
    ' OR ',
    ' AND ',
    'NOT ',
    '>=5',
    '<',
    'a',
    'b:',
  ],
  ...[
    'level:',
    'agent:',
    'status:',
    'error',
    '/a+/',
    'x=1',
    '{"a":1}',
    '[',
    ']',
    'É',
    'ß',
    '🦀',
    '\ud800',
    '\n',
    '0',
  ],
);
const typed = fc.oneof(
  fc.string({ unit: piece, maxLength: 14 }),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

test('every text is a query, and every query can be printed and read again', () => {
  fc.assert(
    fc.property(typed, (text) => {
      const { query, notes } = parseQuery(text);
      assert.deepEqual(parseQuery(printQuery(query)).query, query);
      for (const { at, to } of notes) assert.ok(at >= 0 && at < to && to <= text.length);
      lineTest(ofOrigin(query, origin))(new Subject(text));
    }),
    { numRuns: 5000 },
  );
});

test('long, deep and manifold texts are queries too', () => {
  const texts = [
    '(',
    ')',
    '"',
    '-',
    'NOT ',
    '-(',
    'a OR ',
    '/a*/ ',
    'a* ',
    'x:/b/ ',
    '(a ',
    '\\',
    `${'a'.repeat(500)}*:x* `,
  ];
  for (const text of texts) {
    const { query, notes } = parseQuery(text.repeat(5000));
    lineTest(ofOrigin(query, origin))(new Subject('a b c'));
    assert.equal(notes.at(-1)!.code, 'too-long');
    assert.deepEqual(
      parseQuery(printQuery(parseQuery(text.repeat(100)).query)).query,
      parseQuery(text.repeat(100)).query,
    );
  }
});

test('what was pasted from a line finds it', () => {
  const lines = [
    '2026-11-27T15:42:01.123Z [error] failed: connection to 10.0.0.7:5432 refused (attempt 3)',
    '10.0.0.1 - - [27/Nov/2026:15:42:01 +0000] "GET /index.html?q=1 HTTP/1.1" 500 1234 "-" "curl/8.0"',
    '{"level":"error","msg":"it failed","status":503,"url":"https://a.b/c?d=e"}',
    'time="2026-11-27" level=warning msg="disk full" path=/var/log/app/ free=3%',
    'at com.acme.Main.run(Main.java:17) ~[app.jar!/:1.0] C:\\temp\\x *** ??? a->b "open',
    'Ünïcode ΟΔΟΣ Kelvin K İstanbul 🦀 ::1 fe80::1%eth0',
  ];
  for (const line of lines) {
    assert.ok(matches(line, line), line);
    for (const word of line.split(' '))
      assert.ok(matches(word, line) || word.startsWith('-'), `${word} in ${line}`);
  }
});

test('reads words, phrases, negation, OR and groups', () => {
  const cases: readonly [query: string, line: string, found: boolean][] = [
    ['[error] failed', 'x [ERROR] it Failed', true],
    ['[error] failed', 'x [error] it worked', false],
    ['"it failed"', 'so it failed', true],
    ['"failed it"', 'so it failed', false],
    ['error -failed', 'error: failed', false],
    ['error NOT failed', 'error: other', true],
    ['a OR b c', 'b', false],
    ['a OR b c', 'a', true],
    ['(a OR b) c', 'a', false],
    ['(a OR b) AND c', 'bc', true],
    ['-(a OR b)', 'c', true],
    ['OR', 'this or that', true],
    ['GET OR', 'get', false],
    ['fail*ed', 'it FAILxxed', true],
    ['fail*ed', 'fail ed', false],
    ['h?t', 'hot', true],
    ['/^er+or\\s\\d{3}$/', 'ERRRor 500', true],
    ['/^er+or\\s\\d{3}$/', 'an error 500', false],
    ['/var/log/app.log', 'see /var/log/app.log', true],
    ['', 'anything', true],
    ['*', 'anything', true],
  ];
  for (const [query, line, found] of cases) assert.equal(matches(query, line), found, `${query} | ${line}`);
});

test('looks into the fields of JSON and logfmt lines, and at where lines come from', () => {
  const json =
    '{"status":503,"user":{"name":"bob"},"msg":"Connection timeout","tags":["a","b"],"level":"warn"}';
  const logfmt = 'ts=1 status=404 user="bob smith" took=12.5';
  const cases: readonly [query: string, line: string, found: boolean][] = [
    ['status:503', json, true],
    ['status:50', json, false],
    ['status:>=500', json, true],
    ['status:>=500', logfmt, false],
    ['status:<500', logfmt, true],
    ['took:>12', logfmt, true],
    ['user:>=5', logfmt, false],
    ['user.name:bob', json, true],
    ['user.name:bo', json, false],
    ['user.name:bo*', json, true],
    ['user:"bob smith"', logfmt, true],
    ['msg:timeout', json, true],
    ['msg:/^conn/', json, true],
    ['msg:time*', json, false],
    ['STATUS:503', json, true],
    ['tags:b', json, true],
    ['missing:*', json, false],
    ['status:*', json, true],
    ['level:warning', json, true],
    ['level:>=warn', json, true],
    ['level:>=error', json, false],
    ['level:error', 'Nov 27 app: ERROR no', true],
    ['level:error', 'no errors', false],
    ['agent:web', json, true],
    ['agent:we', json, false],
    ['agent:web* source:nginx host:srv7', json, true],
    ['-agent:web-1', json, false],
    ['agent:db OR status:503', json, true],
  ];
  for (const [query, line, found] of cases) assert.equal(matches(query, line), found, `${query} | ${line}`);
});

test('says where something is not what it looks like', () => {
  const codes = (text: string) =>
    parseQuery(text).notes.map(({ at, to, code }) => [text.slice(at, to), code]);
  assert.deepEqual(codes('a "b'), [['"', 'quote-open']]);
  assert.deepEqual(codes('(a OR (b)'), [['(', 'bracket-open']]);
  assert.deepEqual(codes('x /a(?=b)/'), [['/a(?=b)/', 'regex-wrong']]);
  assert.deepEqual(codes('all is well (here)'), []);
});

test('knows how grave a line is', () => {
  const cases: readonly [line: string, level: string | null][] = [
    ['{"level":30,"msg":"error"}', 'info'],
    ['{"severity":"ERROR"}', 'error'],
    ['{"severity":3}', 'error'],
    ['ts=1 lvl=warn error=none', 'warn'],
    ['<11>Nov 27 app: hello', 'error'],
    ['E1127 15:42:01.1 1 x.go:1] no', 'error'],
    ['2026-11-27 15:42 CRITICAL it burns', 'fatal'],
    ['[Debug] x', 'debug'],
    ['GET /errors 200', null],
    ['', null],
  ];
  for (const [line, level] of cases) assert.equal(levelOf(line), level, line);
});

/** The meaning of a query, as plainly as it can be said. */
function reference(query: Query, line: string): boolean {
  switch (query.kind) {
    case 'all':
      return true;
    case 'and':
      return query.parts.every((part) => reference(part, line));
    case 'or':
      return query.parts.some((part) => reference(part, line));
    case 'not':
      return !reference(query.part, line);
    case 'text':
      return engine(query.pattern, '\\S').test(fold(line));
    case 'field': {
      const { name, test: asked } = query;
      if (Object.hasOwn(origin, fold(name))) return value(asked, origin[fold(name) as keyof Origin]);
      if (fold(name) === 'level') return ofLevel(asked, line);
      const written =
        asked.kind === 'regex' ? null : fold(`${name}:${isPattern(asked) ? '' : asked.kind}${asked.text}`);
      const stands =
        written !== null &&
        engine({ kind: asked.kind === 'wildcard' ? 'wildcard' : 'literal', text: written }, '\\S').test(
          fold(line),
        );
      return stands || (fieldsOf(line).get(fold(name)) ?? []).some((one) => value(asked, one));
    }
  }
}

function ofLevel(asked: Pattern | Comparison, line: string): boolean {
  const level = levelOf(line);
  if (asked.kind === 'regex' || asked.kind === 'wildcard') return value(asked, level ?? '');
  const [found, wanted] = [level, levelNamed(fold(asked.text))].map((one) =>
    one === null ? Number.NaN : levels.indexOf(one),
  );
  return asked.kind === 'literal' ? found === wanted : compared(found!, asked.kind, wanted!);
}

function isPattern(asked: Pattern | Comparison): asked is Pattern {
  return ['literal', 'wildcard', 'regex'].includes(asked.kind);
}

function compared(left: number, kind: string, right: number): boolean {
  return { '>': left > right, '>=': left >= right, '<': left < right, '<=': left <= right }[kind]!;
}

function value(asked: Pattern | Comparison, text: string): boolean {
  if (!isPattern(asked)) return text.trim() !== '' && compared(Number(text), asked.kind, Number(asked.text));
  if (asked.kind === 'regex') return engine(asked, '').test(fold(text));
  if (asked.kind === 'wildcard') return new RegExp(`^${engine(asked, '[^]').source}$`).test(fold(text));
  const inner = engine(asked, '').source;
  const edge = (character: string | undefined) => /[\p{L}\p{N}_]/u.test(character ?? '');
  return new RegExp(
    `${edge(fold(asked.text)[0]) ? '(?<![\\p{L}\\p{N}_])' : ''}${inner}${edge(fold(asked.text).at(-1)) ? '(?![\\p{L}\\p{N}_])' : ''}`,
    'u',
  ).test(fold(text));
}

function engine({ kind, text }: Pattern, one: string): RegExp {
  if (kind === 'regex') return new RegExp(text, 'i');
  const escaped = (part: string) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  if (kind === 'literal') return new RegExp(escaped(fold(text)));
  return new RegExp(
    fold(text)
      .split(/([*?])/)
      .map((part) => (part === '*' ? `${one}*` : part === '?' ? one : escaped(part)))
      .join(''),
  );
}

const word = fc.constantFrom(
  'a',
  'ab',
  'error',
  'b*',
  'a?c',
  '"a b"',
  '/a+b?/',
  'x:1',
  'x:>=2',
  'x:ab',
  'x:a*',
  'y.z:c',
  'level:>=warn',
  'level:error',
  'agent:web',
  'host:no',
  'OR',
  'É',
);
const asked = fc.letrec<{ query: string }>((tie) => ({
  query: fc.oneof(
    { depthSize: 'small' },
    word,
    fc.tuple(tie('query'), tie('query')).map((parts) => parts.join(' ')),
    fc.tuple(tie('query'), tie('query')).map(([left, right]) => `(${left} OR ${right})`),
    tie('query').map((part) => `-(${part})`),
  ),
})).query;
const line = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', 'b', 'c', 'A', ' ', 'error', 'x:ab', 'x=1', ' x=3 ', 'WARN', 'é', ' ab '),
    maxLength: 8,
  }),
  fc
    .record({
      x: fc.constantFrom<unknown>(1, 2.5, 'ab', 'a b', ['ab', 3]),
      y: fc.record({ z: fc.constantFrom('c', 'cc') }),
      level: fc.constantFrom('info', 'error'),
    })
    .map((fields) => JSON.stringify(fields)),
);

test('finds the lines that the plain meaning of the query finds, and only lines that hold a needle', () => {
  fc.assert(
    fc.property(asked, line, (text, one) => {
      const { query } = parseQuery(text);
      const narrowed = ofOrigin(query, origin);
      const found = lineTest(narrowed)(new Subject(one));
      assert.equal(found, reference(query, one), printQuery(query));
      if (isNothing(narrowed)) assert.equal(found, false);
      const needles = needlesOf(narrowed);
      if (found && needles !== null)
        assert.ok(
          needles.some((needle) => one.toLowerCase().includes(needle)),
          `${needles}`,
        );
    }),
    { numRuns: 5000 },
  );
});

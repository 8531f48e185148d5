import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseEnvFile } from './env-file.ts';
import { formatOf } from './format.ts';
import { interpolate } from './interpolate.ts';
import { parseLocated } from './located.ts';

test('tells the three formats apart by content, whatever the name', () => {
  const cases = [
    ['sources:\n  - include: a\n', '.env', 'native'],
    ['# comment\n---\nagent: { id: x }\n', 'config.json', 'native'],
    ['{ "sources": [{ "include": "a" }], "output": { "type": "stdout" } }', 'a.json', 'native'],
    ['{ "server_url": "http://a" }', 'almadia.yaml', 'ila-soc'],
    ['\n{\n', 'almadia.yaml', 'ila-soc'],
    ['# SOURCE: this\nSOURCE=a\n', 'almadia.yaml', 'sync-logs'],
    ['export API_URL = http://a:80\n', 'x', 'sync-logs'],
    ['', 'almadia.yaml', 'native'],
    ['# nothing\n', 'config.json', 'ila-soc'],
    ['', '/etc/x/.env', 'sync-logs'],
    ['just words', 'production.env', 'sync-logs'],
  ] as const;
  for (const [text, name, format] of cases) assert.equal(formatOf(text, name), format, text);
});

test('fills in variables once, and never reads them as structure', () => {
  const environment = { A: 'x: [1]', EMPTY: '', B: '${A}' };
  const cases = [
    ['a ${A} b', 'a x: [1] b'],
    ['${B}', '${A}'],
    ['${C:-fallback}', 'fallback'],
    ['${EMPTY:-fallback}', 'fallback'],
    ['${C:-}', ''],
    ['$${A}', '${A}'],
    ['$A $ {A} $$', '$A $ {A} $$'],
  ] as const;
  for (const [text, filled] of cases) {
    const result = interpolate(text, environment);
    assert.equal(result.kind === 'text' ? result.text : result.kind, filled, text);
  }
  assert.deepEqual(interpolate('${C} ${D}', environment), { kind: 'unset', name: 'C' });
  assert.deepEqual(interpolate('${EMPTY}', environment), { kind: 'unset', name: 'EMPTY' });
  assert.deepEqual(interpolate('${toString}', environment), { kind: 'unset', name: 'toString' });
  for (const text of ['${', '${}', '${1A}', '${A-b}']) {
    assert.equal(interpolate(text, environment).kind, 'malformed', text);
  }
});

test('reads the syntax of .env as the original does', () => {
  const { entries, passedOver } = parseEnvFile(
    [
      '# comment',
      ' SOURCE = web 1 ',
      'API_TOKEN="a=b#c"',
      "LOG_FILE='/var/log/ñ.log'",
      'export RETRY_DELAY=2',
      'EMPTY=',
      'HALF="open',
      'stray words',
      'SOURCE=web 2',
    ].join('\r\n'),
  );
  const values = Object.fromEntries([...entries.values()].map(({ key, value }) => [key, value]));
  assert.deepEqual(values, {
    SOURCE: 'web 2',
    API_TOKEN: 'a=b#c',
    LOG_FILE: '/var/log/ñ.log',
    RETRY_DELAY: '2',
    EMPTY: '',
    HALF: '"open',
  });
  assert.equal(entries.get('SOURCE')?.line, 9);
  assert.deepEqual(passedOver, [8]);
});

test('no text makes a parser throw', () => {
  const texts = fc.string({ unit: fc.constantFrom(...'ab:-{}[]&*!|>%@`"\'# \n\t=,?$~0.'), maxLength: 60 });
  fc.assert(
    fc.property(texts, (text) => {
      parseEnvFile(text);
      formatOf(text, 'x');
      const { tree, faults } = parseLocated(text);
      for (const { at } of faults) assert.ok(at.line >= 1 && at.column >= 1);
      assert.ok(tree === null || faults.length === 0);
    }),
    { numRuns: 500 },
  );
});

test('bounds what aliases can make of a small file', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 9; level += 1) {
    lines.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  }
  const { tree, faults } = parseLocated(lines.join('\n'));
  assert.equal(tree, null);
  assert.match(faults[0]!.cause, /more content/);
});

test('an alias that leads nowhere does not show what may be a key', () => {
  const { faults } = parseLocated('output:\n  key: *secret-key\n');
  assert.equal(faults.length, 1);
  assert.equal(faults[0]!.at.line, 2);
  assert.doesNotMatch(faults[0]!.cause, /secret-key/);
});

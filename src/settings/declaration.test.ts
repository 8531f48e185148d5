import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import picomatch from 'picomatch';
import { parse } from 'yaml';
import { declaration, outputSection } from './declaration.ts';
import { exampleEnv, exampleYaml } from './example.ts';
import { absoluteExclude, absoluteGlob, escapeGlob } from './glob.ts';
import { nearest } from './nearest.ts';
import { settingsSchema } from './reference.ts';
import type { Section } from './setting.ts';
import { defaultsOf } from './setting.ts';

test('every default is a value of its own field', () => {
  for (const [name, section] of Object.entries(declaration) as [string, Section][]) {
    for (const setting of Object.values(section)) {
      const values = setting.shape === 'list' ? (setting.default as unknown[]) : [setting.default];
      for (const value of [...values, ...Object.values(setting.defaultByType)]) {
        const parsed = setting.field.parse(setting.field.write(value));
        assert.deepEqual(parsed, { kind: 'value', value }, `${name}.${setting.key}`);
      }
      assert.ok(setting.en.endsWith('.') === setting.es.endsWith('.'), `${name}.${setting.key}`);
    }
  }
});

test('defaults follow the type of output', () => {
  assert.equal(defaultsOf(outputSection, 'sync-logs').bodyBytesMax, 7500);
  assert.equal(defaultsOf(outputSection, 'sync-logs').timeoutMs, 10_000);
  assert.equal(defaultsOf(outputSection, 'hub').bodyBytesMax, null);
  assert.equal(defaultsOf(outputSection).timeoutMs, 30_000);
});

test('the example names every setting, in both languages', () => {
  for (const language of ['en', 'es'] as const) {
    const text = exampleYaml(language);
    for (const section of Object.values(declaration) as Section[]) {
      for (const { key } of Object.values(section)) assert.match(text, new RegExp(`^[ #-]*${key}:`, 'm'));
    }
    const found = parse(text) as Record<string, unknown>;
    assert.deepEqual(Object.keys(found), Object.keys(declaration));
    // What is only mentioned is read as well once it is no comment any more.
    const all = parse(text.replace(/^( +)# ([a-z_]+: .*)$/gm, '$1$2')) as { sources: object[] };
    assert.equal(Object.keys(all.sources[0]!).length, Object.keys(declaration.sources).length);
  }
  assert.match(exampleEnv('es'), /^API_TOKEN=/m);
});

test('the schema knows every key and no other', () => {
  const schema = settingsSchema() as {
    properties: Record<string, { properties?: object; items?: { properties: object } }>;
  };
  for (const [name, section] of Object.entries(declaration) as [string, Section][]) {
    const part = schema.properties[name]!;
    const keys = Object.values(section).map(({ key }) => key);
    assert.deepEqual(Object.keys(part.properties ?? part.items!.properties), keys);
  }
});

test('an escaped path matches itself and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab/*?[]{}()!+@|^$\\. -,~#') }), (name) => {
      const path = `/${name.replaceAll('/', '')}x`;
      assert.ok(picomatch.isMatch(path, escapeGlob(path), { dot: true, strictSlashes: true }), path);
      assert.ok(!picomatch.isMatch(`${path}y`, escapeGlob(path), { dot: true }), path);
    }),
  );
});

test('relative patterns are taken from their directory, excludes hold everywhere', () => {
  assert.equal(absoluteGlob('./logs/*.log', '/srv/[a]/'), '/srv/\\[a\\]/logs/*.log');
  assert.equal(absoluteGlob('/var/**/*.log', '/srv'), '/var/**/*.log');
  assert.equal(absoluteGlob('../a/./b//*.log', '/srv/app'), '/srv/a/b/*.log');
  assert.equal(absoluteGlob('/var/./log/../log/*.log', '/srv'), '/var/log/*.log');
  assert.equal(absoluteExclude('*.gz', '/srv'), '/**/*.gz');
  assert.equal(absoluteExclude('**/*.gz', '/srv'), '/**/*.gz');
  assert.equal(absoluteExclude('old/*', '/srv'), '/srv/old/*');
});

test('finds the word that was meant', () => {
  const known = ['sources', 'output', 'batch', 'spool', 'retry'];
  assert.equal(nearest('sorces', known), 'sources');
  assert.equal(nearest('Outptu', known), 'output');
  assert.equal(nearest('bathc', known), 'batch');
  assert.equal(nearest('sou', known), 'sources');
  assert.equal(nearest('zebra', known), null);
  assert.equal(nearest('x'.repeat(100_000), known), null);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Field, Scalar } from './field.ts';
import { nullable } from './field.ts';
import { bytes, duration, integer } from './quantity.ts';
import { boolean, choice, glob, listen, path, secret, text, url } from './text.ts';

const size = bytes({ min: 0, max: 2 ** 50 });
const time = duration({ min: 0, max: 10 ** 12 });

function read<Value>(field: Field<Value>, raw: Scalar): Value | string {
  const parsed = field.parse(raw);
  return parsed.kind === 'value' ? parsed.value : parsed.fault.kind;
}

test('reads sizes with their units', () => {
  const cases: readonly (readonly [Scalar, number | string])[] = [
    ['1MiB', 1_048_576],
    ['1.5 KiB', 1536],
    ['10MB', 10_000_000],
    ['7500', 7500],
    [7500, 7500],
    ['0B', 0],
    ['1mib', 'wrong'],
    ['MiB', 'wrong'],
    ['-1KiB', 'wrong'],
    ['1e3B', 'wrong'],
    [1.5, 'wrong'],
    [true, 'wrong'],
    [null, 'wrong'],
    ['2000TiB', 'range'],
  ];
  for (const [raw, expected] of cases) assert.equal(read(size, raw), expected, String(raw));
});

test('reads durations, and refuses a number without a unit', () => {
  const cases: readonly (readonly [Scalar, number | string])[] = [
    ['500ms', 500],
    ['5s', 5000],
    ['1.5h', 5_400_000],
    ['10 m', 600_000],
    ['1d', 86_400_000],
    [0, 0],
    ['0', 0],
    [5, 'wrong'],
    ['5', 'wrong'],
    ['5 minutes', 'wrong'],
  ];
  for (const [raw, expected] of cases) assert.equal(read(time, raw), expected, String(raw));
});

test('writes sizes and durations so that they are read back as they were', () => {
  fc.assert(
    fc.property(fc.nat(10 ** 12), (amount) => {
      assert.equal(read(size, size.write(amount)), amount);
      assert.equal(read(time, time.write(amount)), amount);
    }),
  );
});

test('names the bounds as a configuration would write them', () => {
  const parsed = bytes({ min: 64, max: 1024 ** 2 }).parse('2MiB');
  assert.deepEqual(parsed, { kind: 'fault', fault: { kind: 'range', least: '64B', most: '1MiB' } });
});

test('reads integers, also those that the environment gives as text', () => {
  const count = integer({ min: 1, max: 100 });
  assert.deepEqual(
    [7, '7', 7.5, '7.0', 'many', 0, 101].map((raw) => read(count, raw)),
    [7, 7, 'wrong', 'wrong', 'wrong', 'range', 'range'],
  );
});

test('takes web addresses only, and takes their trailing slashes off', () => {
  assert.equal(read(url, 'http://host:8000/api/'), 'http://host:8000/api');
  assert.equal(read(url, 'https://[::1]:5000'), 'https://[::1]:5000');
  for (const raw of [
    'localhost:5000',
    'ftp://host',
    'http://',
    'http:///path',
    'http://user:pass@host',
    'http://host/?a=1',
    'http://host/#a',
    'http://a b',
    'http://host:99999',
    'javascript:alert(1)',
  ]) {
    assert.equal(read(url, raw), 'wrong', raw);
  }
});

test('listens on the loopback only', () => {
  assert.deepEqual(read(listen, 9464), { host: '127.0.0.1', port: 9464 });
  assert.deepEqual(read(listen, '[::1]:9464'), { host: '::1', port: 9464 });
  assert.deepEqual(read(listen, 'localhost:1'), { host: 'localhost', port: 1 });
  for (const raw of ['0.0.0.0:9464', '10.0.0.1:9464', 'host:9464', '127.0.0.1', '127.0.0.1:70000']) {
    assert.equal(read(listen, raw), 'wrong', raw);
  }
});

test('refuses texts that could break a header or a terminal', () => {
  assert.equal(read(secret, 'a b+/=#$%'), 'a b+/=#$%');
  for (const raw of ['', ' ', 'a\nb', 'clave-ñ', 'a\u0000b', 'x'.repeat(5000)]) {
    assert.equal(read(secret, raw), 'wrong', raw.slice(0, 10));
  }
  for (const field of [text, path, glob]) {
    for (const raw of ['', 'a\u001b[2Jb', '\ud800']) assert.equal(read(field, raw), 'wrong');
  }
  assert.equal(read(glob, '!x.log'), 'wrong');
});

test('takes null only where nothing is a value', () => {
  assert.equal(read(nullable(path), null), null);
  assert.equal(read(path, null), 'wrong');
  assert.equal(read(boolean, 'true'), true);
  assert.equal(read(boolean, 'yes'), 'wrong');
  assert.equal(read(choice(['end', 'beginning']), 'start'), 'choice');
});

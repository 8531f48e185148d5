import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HttpReply } from '../host/net.ts';
import { isPage, outcomeOfStatus, retryAfterMs, retryAfterMsMax, unproven } from './answers.ts';

const nowMs = Date.UTC(2025, 10, 29, 10, 0, 0);

function reply(status: number, options: { headers?: Record<string, string>; body?: string } = {}): HttpReply {
  return { status, headers: options.headers ?? {}, body: Buffer.from(options.body ?? ''), cut: false };
}

function kindOf(status: number): string {
  const outcome = outcomeOfStatus(reply(status), nowMs);
  return outcome.kind === 'acked' ? 'acked' : `${outcome.kind} ${outcome.cause}`;
}

test('gives every status the outcome of the table', () => {
  const table: Record<string, readonly number[]> = {
    'retry away': [408, 425, 429, 502, 503, 504],
    'retry fault': [500, 501, 505, 507, 599],
    'rejected destination': [301, 302, 307, 308, 401, 402, 403, 404, 405, 407, 410, 415, 431, 451],
    'rejected size': [413],
    'rejected content': [400, 422],
  };
  for (const [expected, statuses] of Object.entries(table)) {
    for (const status of statuses) assert.equal(kindOf(status), expected, String(status));
  }
});

test('no status is an ack by itself', () => {
  for (let status = 100; status < 600; status += 1) assert.notEqual(kindOf(status), 'acked');
});

test('reads Retry-After in seconds and as a date in all three forms, from the time given', () => {
  assert.equal(retryAfterMs('120', nowMs), 120_000);
  assert.equal(retryAfterMs(' 0 ', nowMs), 0);
  assert.equal(retryAfterMs('Sat, 29 Nov 2025 10:01:30 GMT', nowMs), 90_000);
  assert.equal(retryAfterMs('Saturday, 29-Nov-25 10:01:30 GMT', nowMs), 90_000);
  assert.equal(retryAfterMs('Sat Nov 29 10:01:30 2025', nowMs), 90_000);
});

test('caps Retry-After, and takes a date that has passed as now', () => {
  assert.equal(retryAfterMs('999999999999999999999', nowMs), retryAfterMsMax);
  assert.equal(retryAfterMs('Sat, 29 Nov 2036 10:01:30 GMT', nowMs), retryAfterMsMax);
  assert.equal(retryAfterMs('Sat, 29 Nov 2003 10:01:30 GMT', nowMs), 0);
});

test('takes a Retry-After that cannot be read as none', () => {
  for (const value of [undefined, '', 'soon', '-5', '1.5', '1e9', 'Sat, 99 Foo 2025 10:01:30 GMT']) {
    assert.equal(retryAfterMs(value, nowMs), null, String(value));
  }
});

test('hands Retry-After on in the outcome', () => {
  const outcome = outcomeOfStatus(reply(503, { headers: { 'retry-after': '7' } }), nowMs);
  assert.deepEqual(outcome.kind === 'retry' && outcome.afterMs, 7000);
});

test('tells a web page by its type and by its first character', () => {
  assert.ok(isPage(reply(200, { headers: { 'content-type': 'Text/HTML; charset=utf-8' }, body: 'x' })));
  assert.ok(isPage(reply(200, { body: '\uFEFF \r\n<html>' })));
  assert.ok(!isPage(reply(200, { headers: { 'content-type': 'application/json' }, body: '{"a":"<"}' })));
  assert.ok(!isPage(reply(204)));
});

test('takes a page for a wrong destination and other proofless replies for a fault', () => {
  const portal = unproven(reply(200, { body: '<html>' }), 'why');
  assert.equal(portal.kind === 'rejected' && portal.cause, 'destination');
  const odd = unproven(reply(200, { body: '{}' }), 'why');
  assert.equal(odd.kind === 'retry' && odd.cause, 'fault');
});

test("quotes the server's own words, on one line and bounded", () => {
  const said = outcomeOfStatus(reply(422, { body: '{"message":"source\\nis\\u0000 required"}' }), nowMs);
  assert.match(said.kind === 'rejected' ? said.reason : '', /422 Unprocessable Content: source is required$/);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (body) => {
      const outcome = outcomeOfStatus({ status: 500, headers: {}, body, cut: false }, nowMs);
      const reason = outcome.kind === 'retry' ? outcome.reason : '';
      assert.ok(reason.length < 300 && !/[\p{Cc}\n]/u.test(reason));
    }),
  );
});

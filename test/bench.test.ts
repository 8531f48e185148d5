/** What the benches rest on: that the receiver counts right, that the data is what it says, and that the page has a place for each. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const load = (name: string): Promise<unknown> => import(join(root, 'bench', name));

interface Counter {
  allocate(bytes: number): Buffer;
  boundaries(body: Buffer): number | null;
}
interface Records {
  countListed(body: Buffer, counter: Counter): number;
  countObjects(body: Buffer): number;
  countStrings(body: Buffer): number;
  batchIdOf(body: Buffer): string | null;
}
interface SwiftCount {
  compileCounter(): Promise<string>;
  openCounter(code: string): Counter;
}
interface Data {
  readonly kinds: Readonly<Record<string, unknown>>;
  writeData(path: string, options: object): { readonly bytes: number; readonly lines: number };
}

const hostile = ['', 'plain', '"log_text":"', '},{"log_text":"', '","', 'ends in },{', '\\', '\\"', '},{"l'];

test('the receiver counts the records of every form, whatever stands in the lines', async () => {
  const records = (await load('support/records.mjs')) as Records;
  const { compileCounter, openCounter } = (await load('support/swift-count.mjs')) as SwiftCount;
  const counter = openCounter(await compileCounter());
  for (let length = 1; length <= hostile.length; length += 1) {
    const lines = hostile.slice(0, length);
    const logs = lines.map((line) => ({
      log_text: line,
      source: '},{"l',
      timestamp: '2026-01-01T00:00:00.000Z',
    }));
    const listed = Buffer.from(
      JSON.stringify({ agent_id: 'a', logs, almadia: { batch_id: 'b7', segments: [] } }),
    );
    // What an earlier, longer body has left behind this one is not counted.
    const swift = counter.allocate(listed.length + 100).fill('},{"l');
    listed.copy(swift);
    assert.equal(records.countListed(swift.subarray(0, listed.length), counter), length);
    assert.equal(records.countListed(listed, counter), length);
    assert.equal(
      records.countObjects(Buffer.from(logs.map((log) => JSON.stringify(log)).join('\n'))),
      length,
    );
    assert.equal(
      records.countStrings(Buffer.from(JSON.stringify({ logs: lines, source: 's', timestamp: 1 }))),
      length,
    );
    assert.equal(records.batchIdOf(listed), 'b7');
  }
  assert.equal(records.countListed(Buffer.from('{"agent_id":"a","logs":[]}'), counter), 0);
});

test('the proof tells a line that is missing, repeated or changed', async () => {
  const { Proof } = (await load('support/proof.mjs')) as {
    Proof: new () => { add(texts: readonly string[]): void; summary(): object };
  };
  const summaryOf = (texts: readonly string[]) => {
    const proof = new Proof();
    proof.add(texts);
    return proof.summary();
  };
  const texts = ['0000000000 one', '0000000001 two', '0000000002 three'];
  const whole = { different: 3, repeated: 0, disorder: 0 };
  const { sum, ...counts } = summaryOf(texts) as { sum: number };
  assert.deepEqual(counts, whole);
  assert.deepEqual(summaryOf([texts[1]!, texts[0]!, texts[2]!]), { ...whole, disorder: 1, sum });
  for (const wrong of [texts.slice(1), [...texts, texts[2]!], [...texts.slice(0, 2), '0000000002 thrEe']]) {
    assert.notEqual((summaryOf(wrong) as { sum: number }).sum, sum);
  }
});

test('a file of data holds as many lines as it says, each with a sequence number of its own', async () => {
  const { kinds, writeData } = (await load('support/data.mjs')) as Data;
  const directory = mkdtempSync(join(tmpdir(), 'almadia-data-'));
  try {
    for (const kind of Object.keys(kinds)) {
      const path = join(directory, kind);
      const { bytes, lines } = writeData(path, { kind, bytes: kind === 'plain' ? 9_000_000 : 100_000 });
      const text = readFileSync(path, 'utf8');
      assert.equal(Buffer.byteLength(text), bytes, kind);
      assert.ok(text.endsWith('\n'), kind);
      const sequences = text
        .split('\n')
        .slice(0, -1)
        .map((line) => Number(/\d{10}/.exec(line)?.[0]));
      assert.deepEqual(
        sequences,
        Array.from({ length: lines }, (_, index) => index),
        kind,
      );
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('the exponent of a growth is 1 where it is linear and 2 where it is square', async () => {
  const { growthExponent } = (await load('support/statistics.mjs')) as {
    growthExponent(points: readonly { size: number; cost: number }[]): number;
  };
  const points = (cost: (size: number) => number) => [1, 10, 100].map((size) => ({ size, cost: cost(size) }));
  assert.ok(Math.abs(growthExponent(points((size) => 3 * size)) - 1) < 1e-9);
  assert.ok(Math.abs(growthExponent(points((size) => size * size)) - 2) < 1e-9);
});

test('the page on performance has a place for every bench', async () => {
  const { cases } = (await load('cases.mjs')) as { cases: Readonly<Record<string, unknown>> };
  const page = readFileSync(join(root, 'docs/performance.md'), 'utf8');
  for (const name of Object.keys(cases)) assert.ok(page.includes(`<!-- bench:${name} -->`), name);
});

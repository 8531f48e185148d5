import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf, lines } from '../../test/compat/batches.ts';
import { type Chain, noLink, type Receipt, type Statement } from '../event/chain.ts';
import { nodeWork } from '../host/node/work.ts';
import { decodeBlock, descriptionBytesMax, encodeBlock } from './block.ts';
import {
  encodeChain,
  encodeReceipt,
  encodeStatement,
  linkHash,
  readChain,
  readReceipt,
  readStatement,
  receiptText,
  receiptVerifies,
  signReceipt,
} from './chain.ts';
import type { Chained } from './incoming.ts';
import type { Session } from './protocol.ts';

// These are the test vectors of docs/protocol.md. The key pair is that of RFC 8032, 7.1, TEST 1.
const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
const publicKey = '11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=';
const content = 'one\ntwo\n';
const contentHash = 'c3f9c8c283a2b1f2f1896f27a01cbe3cddc0c9d93f752e4639035a0f5b36f6e8';
const chain: Chain = {
  epoch: '000102030405060708090a0b0c0d0e0f',
  sequence: 1,
  part: '',
  previous: noLink,
  batchId: 'f'.repeat(64),
  contentHash,
};
const firstLink = '52c0b1e8efccece9c7debd49a7e50213339c9f5dbd5c5465d123b6eb557c441e';
const secondLink = '4ab7cba980d2b47f501481ca894c6735ec405b7004d87f873c92d048eb00e54c';
const receipt: Receipt = {
  hub: 'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf',
  agentId: 'web-ñ',
  batchId: chain.batchId,
  epoch: chain.epoch,
  sequence: 1,
  part: '',
  records: 2,
  duplicates: 0,
  contentHash,
  link: firstLink,
  time: '2026-01-01T00:00:00.000Z',
};
const signature = '9oPAoRgvEKtcQgSlWf5NifRka+L0HkaMSWclXWpC3GwuDwttHgiT7YWSrcPpxLo9uc4a2x0SRucPl7p40JK8Aw==';

test('links, receipts and signatures are those of the protocol page', () => {
  const signer = nodeWork.signer(seed);
  assert.equal(nodeWork.sha256([content]), contentHash);
  assert.equal(Buffer.from(signer.publicKey).toString('base64'), publicKey);
  assert.equal(linkHash(chain, nodeWork), firstLink);
  const second = { ...chain, sequence: 2, previous: firstLink, batchId: 'e'.repeat(64) };
  assert.equal(linkHash(second, nodeWork), secondLink);
  assert.equal(
    receiptText(receipt),
    `almadia-receipt/1\n${receipt.hub}\nweb-ñ\n${chain.batchId}\n${chain.epoch}\n1\n\n2\n0\n${contentHash}\n${firstLink}\n2026-01-01T00:00:00.000Z`,
  );
  assert.equal(signReceipt(receipt, signer).signature, signature);
});

test('a receipt verifies with the key of its hub alone, and with nothing changed', () => {
  const signed = readReceipt(JSON.parse(JSON.stringify(encodeReceipt({ ...receipt, signature }))))!;
  assert.deepEqual(signed, { ...receipt, signature });
  assert.equal(receiptVerifies(signed, publicKey, nodeWork), true);
  assert.equal(receiptVerifies({ ...signed, records: 1, duplicates: 1 }, publicKey, nodeWork), false);
  assert.equal(receiptVerifies({ ...signed, part: '0' }, publicKey, nodeWork), false);
  const other = Buffer.from(nodeWork.signer(Buffer.alloc(32, 7)).publicKey).toString('base64');
  for (const key of [other, '', 'AAAA', Buffer.alloc(32, 0xff).toString('base64')]) {
    assert.equal(receiptVerifies(signed, key, nodeWork), false, key);
  }
  for (const wrong of ['', 'AAAA', signature.slice(4)]) {
    assert.equal(receiptVerifies({ ...signed, signature: wrong }, publicKey, nodeWork), false, wrong);
  }
  for (const wreck of [{ hub: 'x' }, { sequence: -1 }, { part: '2' }, { link: 7 }, { time: '' }]) {
    assert.equal(readReceipt({ ...encodeReceipt(signed), ...wreck }), null);
  }
});

test('a chain is read as it was written, and what is none is named', () => {
  const breaks = { epoch: 'b'.repeat(32), sequence: 3, hash: firstLink, reason: 'state-lost' } as const;
  for (const one of [chain, { ...chain, part: '01' }, { ...chain, breaks }]) {
    assert.deepEqual(readChain(JSON.parse(JSON.stringify(encodeChain(one)))), one);
  }
  const wrecks: readonly [object, string][] = [
    [{ epoch: 'B'.repeat(32) }, '.epoch is not 128 bits in hexadecimal'],
    [{ sequence: 0 }, '.sequence is not a whole number from 1'],
    [{ part: '0'.repeat(54) }, '.part is no part of a batch'],
    [{ previous: firstLink }, '.previous is not 64 zeros in the first link'],
    [{ batch_id: 'a\nb' }, '.batch_id is not 1 to 128 characters of printable ASCII'],
    [{ content_hash: 'x' }, '.content_hash is no SHA-256 in hexadecimal'],
    [{ breaks: { ...breaks, reason: 'mood' } }, '.breaks does not say which link of which epoch, and why'],
  ];
  for (const [wreck, wanted] of wrecks) assert.equal(readChain({ ...encodeChain(chain), ...wreck }), wanted);
});

const place = { stream: 'a'.repeat(32), path: '/var/log/a.log', from: 8, to: 12 };
const statement: Statement = {
  batchId: chain.batchId,
  chain,
  segments: [{ ...place, reason: 'refused: 400' }],
};

test('a statement is read as it was written, and names dead segments only', () => {
  assert.deepEqual(readStatement(JSON.parse(JSON.stringify(encodeStatement(statement)))), statement);
  const lively = { ...encodeStatement(statement), segments: [{ ...place, kind: 'lines' }] };
  assert.equal(readStatement(lively), '.segments[0].kind is not dead');
});

const session: Session = {
  ...{ agentId: 'web-ñ', hostname: 'web', osType: 'Linux', key: 'k', version: '1' },
  ...{ envelope: 1, gzip: true, block: 1, chain: 1, instance: 'c'.repeat(32) },
};

function blockWith(change: object, more: object = {}): Buffer {
  const { batch, body } = batchOf(lines(content));
  return Buffer.concat(encodeBlock({ ...batch, chain, ...change }, body, { ...session, ...more }).body);
}

function chainedOf(block: Buffer): Chained | null | string {
  const result = decodeBlock(block, nodeWork);
  return result.kind === 'decoded' ? result.value.chained : `${result.status} ${result.reason}`;
}

test('a block carries its link, what the agent remembers, and what it set aside', () => {
  const descriptions = new Map([
    ['a'.repeat(32), { head: 'é' }],
    ['b'.repeat(32), { text: 'x'.repeat(descriptionBytesMax) }],
  ]);
  const found = chainedOf(blockWith({ descriptions, statements: [statement] }));
  assert.deepEqual(found, {
    ...{ chain, instance: session.instance, contentHash, statements: [statement] },
    descriptions: new Map([['a'.repeat(32), '{"head":"é"}']]),
  });
  assert.equal(chainedOf(blockWith({}, { chain: 0 })), null);
});

test('a block whose bytes are not those of its hash is refused', () => {
  const good = blockWith({});
  const bad = Buffer.from(good);
  bad[bad.length - 2] = 0x58;
  assert.match(String(chainedOf(bad)), /^400 content_hash is not that of the bytes/);
  const other = { ...chain, contentHash: '0'.repeat(64) };
  const wrong = '400 chain names another batch, and this is no part of one';
  assert.equal(chainedOf(blockWith({ contentHash, chain: other })), wrong);
  assert.notEqual(chainedOf(blockWith({ contentHash, chain: { ...other, part: '0' } })), wrong);
  assert.match(String(chainedOf(blockWith({}, { agentId: 'two\nlines' }))), /^400 agent_id holds/);
});

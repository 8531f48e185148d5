import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Host } from '../../src/host/host.ts';
import { type ClientRequest, NetError } from '../../src/host/net.ts';
import { Dice } from './dice.ts';
import { Drive } from './drive.ts';
import { Time } from './time.ts';
import { type Machine, World } from './world.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

function room(seed = 1): { readonly world: World; readonly machine: Machine; readonly host: Host } {
  const world = new World(seed);
  const machine = world.machine('one');
  return { world, machine, host: machine.start('test').host };
}

function request(url: string, body = ''): ClientRequest {
  return {
    method: 'POST',
    url,
    headers: {},
    body: [Buffer.from(body)],
    timeoutMs: 1000,
    replyBytesMax: 1000,
  };
}

test('the same seed throws the same, and forks do not disturb each other', () => {
  const one = new Dice(7);
  const two = new Dice(7);
  const forkOne = one.fork('a');
  const forkTwo = two.fork('a');
  forkOne.word();
  assert.equal(one.word(), two.word());
  forkTwo.word();
  assert.equal(forkOne.word(), forkTwo.word());
  assert.notEqual(new Dice(8).word(), new Dice(7).word());
});

test('events run in the order of their time, then of their making, and what they cause runs between', async () => {
  const time = new Time();
  const seen: string[] = [];
  time.after(5, () => seen.push('second'));
  time.after(1, () => {
    void time.wait(4).then(() => seen.push('third'));
    seen.push('first');
  });
  time.after(2, () => seen.push('never')).cancel();
  await time.runUntil(10);
  assert.deepEqual(seen, ['first', 'second', 'third']);
  assert.equal(time.nowMs, 10);
});

test('a sleep ends early when its signal is aborted', async () => {
  const { world, host } = room();
  const stop = new AbortController();
  world.time.after(3, () => stop.abort());
  await world.time.finish(host.clock.sleep(1000, stop.signal), 2000);
  assert.equal(world.time.nowMs, 3);
});

test('the lowest free inode number is given again, and an open handle keeps the bytes of an unlinked file', async () => {
  const { world, machine, host } = room();
  const { drive } = machine;
  drive.append(drive.file('/a'), Buffer.from('old'));
  const number = drive.get('/a').number;
  const handle = await world.time.finish(host.disk.open('/a', 'read'), 100);
  drive.unlink('/a');
  assert.notEqual(drive.file('/b').number, number);
  const target = new Uint8Array(8);
  const count = await world.time.finish(handle.read(target, { offset: 0, length: 8, position: 0 }), 100);
  assert.equal(text(target.subarray(0, count)), 'old');
  assert.equal((await world.time.finish(handle.stat(), 100)).links, 0);
  await world.time.finish(handle.close(), 100);
  assert.equal(drive.file('/c').number, number);
});

test('what was synced outlives a loss of power, what was not is lost in part', () => {
  const sizes = new Set<number>();
  for (let seed = 0; seed < 40; seed += 1) {
    const drive = new Drive(new Time());
    const inode = drive.file('/log');
    drive.syncDirectory('/');
    drive.append(inode, Buffer.from('safe\n'));
    inode.sync();
    for (let at = 0; at < 5; at += 1) drive.append(inode, Buffer.from('lost\n'));
    drive.losePower(new Dice(seed));
    const left = text(drive.get('/log').view(0, 100));
    assert.ok('safe\nlost\nlost\nlost\nlost\nlost\n'.startsWith(left) && left.startsWith('safe\n'), left);
    sizes.add(left.length);
  }
  assert.ok(sizes.size > 5);
});

test('names that were not synced may be taken back by a loss of power, in order', () => {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 60; seed += 1) {
    const drive = new Drive(new Time());
    drive.file('/a');
    drive.syncDirectory('/');
    drive.rename('/a', '/b');
    drive.file('/a');
    drive.unlink('/b');
    drive.losePower(new Dice(seed));
    outcomes.add([...drive.root.entries.keys()].sort().join());
  }
  assert.deepEqual([...outcomes].sort(), ['a', 'a,b', 'b']);
});

test('nothing that a killed process waits for ever comes, and its server is gone', async () => {
  const { world, machine, host } = room();
  const server = machine.start('server');
  await world.time.finish(
    server.host.net.serve(
      { listen: { host: '127.0.0.1', port: 80 }, bodyBytesMax: 100, requestTimeoutMs: 1000 },
      async ({ body }) => ({ status: 200, headers: {}, body: `<${text(body)}>` }),
    ),
    100,
  );
  const reply = await world.time.finish(host.net.send(request('http://localhost/', 'hello')), 1000);
  assert.equal(text(reply.body), '<hello>');
  let came = false;
  void server.host.clock.sleep(10).then(() => {
    came = true;
  });
  server.process.kill();
  await world.time.runUntil(world.time.nowMs + 100);
  assert.equal(came, false);
  await assert.rejects(
    world.time.finish(host.net.send(request('http://localhost/')), 1000),
    (error) => error instanceof NetError && error.code === 'ECONNREFUSED',
  );
});

test('each fault of the network shows as the contract says', async () => {
  const { world, machine, host } = room();
  let calls = 0;
  const server = machine.start('server');
  await world.time.finish(
    server.host.net.serve(
      { listen: { host: '127.0.0.1', port: 80 }, bodyBytesMax: 100, requestTimeoutMs: 1000 },
      async () => {
        calls += 1;
        return { status: 200, headers: {}, body: 'fine' };
      },
    ),
    100,
  );
  world.network.faults.net = 1;
  const outcome = async (kind: (typeof world.network.faults.netKinds)[number]) => {
    world.network.faults.netKinds = [kind];
    calls = 0;
    const sent = host.net.send(request('http://localhost/')).then(
      ({ status, body }) => `${status === 200 ? text(body) : 'status'}`,
      (error: NetError) => error.code,
    );
    const seen = await world.time.finish(sent, 3000);
    await world.time.runUntil(world.time.nowMs + 3000);
    return `${seen} after ${calls}`;
  };
  assert.equal(await outcome('refuse'), 'ECONNREFUSED after 0');
  assert.equal(await outcome('reset'), 'ECONNRESET after 0');
  assert.equal(await outcome('black-hole'), 'TIMEOUT after 0');
  assert.equal(await outcome('repeat'), 'fine after 2');
  assert.equal(await outcome('cut-reply'), 'ECONNRESET after 1');
  assert.equal(await outcome('status'), 'status after 0');
  assert.equal(await outcome('status-after'), 'status after 1');
  assert.match(await outcome('html'), /^<!DOCTYPE html>.* after 0$/s);
  assert.match(await outcome('drop-reply'), /^(TIMEOUT|ECONNRESET) after 1$/);
});

test('a watch tells of names, late, and of none that a fault swallowed', async () => {
  const { world, machine, host } = room();
  const seen: (string | null)[] = [];
  machine.drive.makeDirectory('/logs');
  await world.time.finish(
    host.disk.watch('/logs', (name) => seen.push(name)),
    100,
  );
  machine.drive.append(machine.drive.file('/logs/a'), Buffer.from('x'));
  await world.time.runUntil(world.time.nowMs + 1000);
  assert.ok(seen.length >= 1 && seen.every((name) => name === 'a'));
  machine.faults.eventLost = 1;
  const before = seen.length;
  for (let at = 0; at < 40; at += 1) machine.drive.file(`/logs/n${at}`);
  await world.time.runUntil(world.time.nowMs + 1000);
  assert.ok(seen.length < before + 40 && seen.slice(before).every((name) => name === null));
});

test('a full disk refuses writes and says so', async () => {
  const { world, machine, host } = room();
  machine.faults.diskFull = true;
  await assert.rejects(world.time.finish(host.disk.open('/new', 'write'), 100), { code: 'ENOSPC' });
});

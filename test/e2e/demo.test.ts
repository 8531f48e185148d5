/** `npm start`, as a new user runs it: real processes, real files, a real port. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const program = resolve(import.meta.dirname, '../../../bin/almadia');
const deadlineMs = 60_000;

interface Running {
  readonly child: ChildProcess;
  readonly base: string;
  readonly key: string;
  /** The exit status after Ctrl+C. */
  stop(): Promise<number>;
}

function temporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-demo-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Resolves when the demo has printed its address. */
async function startDemo(
  context: TestContext,
  directory: string,
  words: readonly string[],
): Promise<Running> {
  const child = spawn(process.execPath, [program, 'demo', '--lang', 'en', ...words], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  context.after(() => child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const found = await new Promise<RegExpExecArray>((resolvePromise, reject) => {
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const match = /(http:\/\/localhost:\d+)\/#key=(\S+)/.exec(output);
      if (match !== null) resolvePromise(match);
    });
    child.once('exit', (status) => reject(new Error(`ended with ${status}: ${output}${errors}`)));
  });
  return {
    child,
    base: found[1]!,
    key: found[2]!,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      const [status] = await ended;
      return status;
    },
  };
}

/** The texts of `app.log` at the hub, in its order. */
async function stored({ base, key }: Running): Promise<string[]> {
  const reply = await fetch(`${base}/api/export?source=app.log`, { headers: { 'X-API-Key': key } });
  assert.equal(reply.status, 200);
  const lines = (await reply.text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line).text);
}

/** Asks again until it is so; the hub has no event for a test to wait for. */
async function until<T>(ask: () => Promise<T>, enough: (value: T) => boolean): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const value = await ask();
    if (enough(value)) return value;
    assert.ok(Date.now() < end, 'it took too long');
    await sleep(50);
  }
}

test('shows the lines of the generator, stops on Ctrl+C, and goes on where it stopped', async (context) => {
  const directory = temporaryDirectory(context);
  const words = ['--port', '0', '--rate', '50'];
  const first = await startDemo(context, directory, words);
  const page = await fetch(`${first.base}/`);
  assert.match(await page.text(), /<title>Almadía<\/title>/);
  await until(
    () => stored(first),
    (lines) => lines.length >= 20,
  );
  assert.equal(await first.stop(), 0);
  const key = join(directory, 'almadia-demo/hub/key');
  assert.equal(statSync(key).mode & 0o777, 0o600);
  const before = fileLines(directory).length;

  const second = await startDemo(context, directory, words);
  assert.equal(second.key, first.key);
  const after = await until(
    () => stored(second),
    (lines) => lines.length >= before + 20,
  );
  const written = fileLines(directory).slice(0, after.length);
  assert.deepEqual(after, written);
  assert.deepEqual(
    after.map((line) => JSON.parse(line).sequence_id),
    after.map((_, index) => index + 1),
  );
  assert.equal(await second.stop(), 0);
});

function fileLines(directory: string): string[] {
  return readFileSync(join(directory, 'almadia-demo/app.log'), 'utf8').split('\n').slice(0, -1);
}

test('a port that is taken is named, with what to do', async (context) => {
  const server = createServer().listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const words = ['--port', String(address.port)];
  await assert.rejects(
    startDemo(context, temporaryDirectory(context), words),
    new RegExp(`ended with 3: [\\s\\S]*${address.port}[\\s\\S]*HUB_LISTEN_FAILED`),
  );
});

test('a second demo on the same directory says that one runs already', async (context) => {
  const directory = temporaryDirectory(context);
  const first = await startDemo(context, directory, ['--port', '0']);
  await assert.rejects(
    startDemo(context, directory, ['--port', '0']),
    /ended with 3: [\s\S]*(HUB_LOCKED|STATE_LOCKED)/,
  );
  assert.equal(await first.stop(), 0);
});

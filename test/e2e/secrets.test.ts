/** Keys are told to nobody: not in what the programs write, nor in what they keep. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { json } from '../compat/seed-servers.ts';
import { serveOnSocket } from '../compat/socket.ts';
import { Program } from '../support/program.ts';

const secrets = { agent: 'agent-key-sesame-1', wrong: 'wrong-key-sesame-2', hub: 'hub-key-sesame-3' };

function home(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-secrets-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

function configure(directory: string, url: string): void {
  const text = `sources: [{ type: file, include: ["*.log"], start_at: beginning }]
output: { type: hub, url: "${url}", key_file: key }
batch: { interval: 20ms }
retry: { initial: 20ms, max: 50ms }
`;
  writeFileSync(join(directory, 'almadia.yaml'), text, { mode: 0o600 });
  writeFileSync(join(directory, 'a.log'), 'one\n');
}

/** Runs a command to its end; gives all that it wrote. */
async function said(directory: string, words: readonly string[]): Promise<string> {
  const program = new Program(words, { directory });
  await program.ended;
  return program.output;
}

function assertTold(text: string, where: string): void {
  for (const secret of Object.values(secrets)) assert.equal(text.includes(secret), false, where);
}

function assertKept(directory: string): void {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (statSync(path).isFile()) assertTold(readFileSync(path, 'latin1'), path);
  }
}

test('no key is in anything that agent, hub and commands write or keep, refused or accepted', async (context) => {
  const directory = home(context);
  const key = join(directory, 'key');
  writeFileSync(key, secrets.wrong, { mode: 0o600 });
  await using hub = new Program(['hub', '--port', '0', '--data', 'hub'], {
    directory,
    environment: { ALMADIA_HUB_KEY: secrets.hub },
  });
  const [url] = await hub.said(/http:\/\/127\.0\.0\.1:\d+/);
  configure(directory, url);
  const refusing = await said(directory, ['check']);
  await using agent = new Program(['run'], { directory });
  await agent.said(/destination\.refused/);
  const refused = await said(directory, ['status', '--json']);
  writeFileSync(key, secrets.hub, { mode: 0o600 });
  await agent.said(/destination\.connected/);
  const commands = [
    ['check'],
    ['status'],
    ['status', '--json'],
    ['config', 'show'],
    ['hub', 'keys', 'list', '--data', 'hub'],
  ];
  for (const words of commands) assertTold(await said(directory, words), words.join(' '));
  assertTold(refusing, 'check');
  assertTold(refused, 'status');
  agent.signal('SIGTERM');
  await agent.ended;
  hub.signal('SIGTERM');
  await hub.ended;
  assertTold(agent.output, 'agent');
  assertTold(hub.output, 'hub');
  assertKept(join(directory, 'almadia-state'));
  assertKept(join(directory, 'hub'));
});

test('a server that says the key back does not get it into a log', async (context) => {
  const directory = home(context);
  writeFileSync(join(directory, 'key'), secrets.agent, { mode: 0o600 });
  await using server = await serveOnSocket(async ({ headers }) =>
    json(401, { status: 'error', message: `bad key ${headers['x-api-key']}` }),
  );
  configure(directory, server.url);
  await using agent = new Program(['run'], { directory });
  await agent.said(/destination\.refused.*\*\*\*/);
  for (const words of [['status'], ['status', '--json'], ['check']]) {
    assertTold(await said(directory, words), words.join(' '));
  }
  agent.signal('SIGTERM');
  await agent.ended;
  assertTold(agent.output, 'agent');
  assertKept(join(directory, 'almadia-state'));
});

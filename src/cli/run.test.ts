import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { onMachine, type TestMachine } from '../../test/support/machine.ts';
import { type Running, run, start } from '../../test/support/terminal.ts';
import { until } from '../../test/support/until.ts';
import type { AgentStatus } from '../agent/status.ts';
import { silentLog } from '../host/selflog.ts';
import { openState } from '../state/open.ts';

interface Followed {
  readonly agent: Running;
  readonly machine: TestMachine;
  /** The texts that have arrived, in order. */
  arrived(file?: string): string[];
  config(text: string): void;
  events(): string[];
}

const usual = `sources: [{ include: logs/*.log, start_at: beginning }]
output: { type: file, path: out.ndjson }
batch: { interval: 10ms }
`;

/** A real agent in this process that writes to a file, stopped at the end whatever happens. */
async function withAgent(
  work: (one: Followed) => Promise<void>,
  how: { readonly config?: string; readonly words?: readonly string[]; readonly directory?: string } = {},
): Promise<void> {
  await onMachine(async (machine) => {
    const { directory, host } = machine;
    mkdirSync(join(directory, 'logs'));
    writeFileSync(join(directory, 'logs/a.log'), 'first\n');
    const config = (text: string): void =>
      writeFileSync(join(directory, 'almadia.yaml'), text, { mode: 0o600 });
    config(how.config ?? usual);
    const agent = start(host, ['run', ...(how.words ?? [])]);
    const events = (): string[] =>
      agent
        .err()
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => (JSON.parse(line) as { event: string }).event);
    const arrived = (file = 'out.ndjson'): string[] => {
      const path = join(directory, file);
      if (!existsSync(path)) return [];
      const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
      return lines.map((line) => (JSON.parse(line) as { text: string }).text);
    };
    try {
      await until(
        'the agent to start',
        () => events().includes('agent.started') || agent.err().includes('error:'),
      );
      await work({ agent, machine, arrived, config, events });
    } finally {
      agent.signal('SIGTERM');
      agent.signal('SIGTERM');
      await agent.ended;
    }
  });
}

test('follows files until a signal, and goes on where it stopped', async () => {
  await withAgent(async ({ agent, machine, arrived }) => {
    await until('the first line', () => arrived().length === 1);
    agent.signal('SIGTERM');
    const ended = await agent.ended;
    assert.equal(ended.status, 0, ended.err);
    appendFileSync(join(machine.directory, 'logs/a.log'), 'second\n');
    const again = start(machine.host, ['run']);
    await until('the second line', () => arrived().length === 2);
    again.signal('SIGINT');
    assert.equal((await again.ended).status, 0);
    assert.deepEqual(arrived(), ['first', 'second']);
  });
});

test('takes a changed configuration on SIGHUP without losing or repeating a line', async () => {
  await withAgent(async ({ agent, machine, arrived, config, events }) => {
    await until('the first line', () => arrived().length === 1);
    config(usual.replace('logs/*.log', '[logs/*.log, more/*.log]').replace('include: ', 'include: '));
    mkdirSync(join(machine.directory, 'more'));
    appendFileSync(join(machine.directory, 'logs/a.log'), 'second\n');
    agent.signal('SIGHUP');
    await until('the configuration to be taken', () => events().includes('config.taken'));
    writeFileSync(join(machine.directory, 'more/b.log'), 'third\n');
    await until('the third line', () => arrived().length === 3);
    assert.deepEqual(arrived(), ['first', 'second', 'third']);
  });
});

test('keeps the configuration it has when the changed one is invalid, and says so', async () => {
  await withAgent(async ({ agent, machine, arrived, config, events }) => {
    config(`${usual}bacth: {}\n`);
    agent.signal('SIGHUP');
    await until('the refusal', () => events().includes('config.kept'));
    assert.match(agent.err(), /`bacth`.*did you mean `batch`/);
    appendFileSync(join(machine.directory, 'logs/a.log'), 'second\n');
    await until('the second line', () => arrived().length === 2);
  });
});

test('goes back to the old configuration when the new one cannot begin', async () => {
  await withAgent(async ({ agent, machine, arrived, config, events }) => {
    writeFileSync(join(machine.directory, 'in-the-way'), '');
    config(`agent: { log_file: in-the-way/agent.log }\n${usual}`);
    agent.signal('SIGHUP');
    await until('the failure', () => events().includes('config.failed'));
    appendFileSync(join(machine.directory, 'logs/a.log'), 'second\n');
    await until('the second line', () => arrived().length === 2);
  });
});

test('a second agent on the same state is refused', async () => {
  await withAgent(async ({ machine }) => {
    const second = await run(machine.host, ['run']);
    assert.equal(second.status, 3);
    assert.match(second.err, /STATE_LOCKED/);
  });
});

test('an invalid configuration ends it before anything is touched', async () => {
  await onMachine(async ({ host, directory }) => {
    writeFileSync(join(directory, 'almadia.yaml'), 'sources: 5\n');
    const ran = await run(host, ['run']);
    assert.equal(ran.status, 2);
    assert.match(ran.err, /CONFIG_NOT_A_LIST[\s\S]*CONFIG_MISSING/);
    assert.ok(!existsSync(join(directory, 'almadia-state')));
  });
});

test('writes its own log to the file that is wanted', async () => {
  await onMachine(async ({ host, directory }) => {
    writeFileSync(join(directory, 'almadia.yaml'), `agent: { log_file: own/agent.log }\n${usual}`);
    const agent = start(host, ['run']);
    const path = join(directory, 'own/agent.log');
    await until('the log', () => existsSync(path) && readFileSync(path, 'utf8').includes('agent.started'));
    agent.signal('SIGTERM');
    const ended = await agent.ended;
    assert.equal(ended.status, 0);
    assert.equal(ended.err, '');
  });
});

test('answers status over its socket, and nobody answers after it', async () => {
  await withAgent(async ({ agent, machine, arrived }) => {
    await until('the first line', () => arrived().length === 1);
    const told = await run(machine.host, ['status', '--json']);
    assert.equal(told.status, 0, told.err);
    const status = JSON.parse(told.out) as AgentStatus;
    assert.equal(status.output.type, 'file');
    assert.equal(status.streams[0]?.path, join(machine.directory, 'logs/a.log'));
    const text = await run(machine.host, ['status', '--lang', 'es', '--state', 'almadia-state']);
    assert.match(text.out, /Agente: +[0-9a-f]{32}/);
    agent.signal('SIGTERM');
    await agent.ended;
    const after = await run(machine.host, ['status']);
    assert.equal(after.status, 1);
    assert.match(after.err, /AGENT_NOT_RUNNING/);
  });
});

test('a state directory with a long path has its socket elsewhere, and is found', async () => {
  const long = `${'deep/'.repeat(12)}state`;
  await onMachine(async (machine) => {
    const { directory, host } = machine;
    const runtime = join(directory, 'run');
    mkdirSync(runtime);
    const here = { ...host, process: { ...host.process, environment: { XDG_RUNTIME_DIR: runtime } } };
    writeFileSync(join(directory, 'almadia.yaml'), `agent: { state_dir: ${long} }\n${usual}`);
    const agent = start(here, ['run']);
    await until('the socket', () => existsSync(join(directory, long, 'agent.sock.path')));
    await until('an answer', async () => (await run(here, ['status'])).status === 0);
    // Whoever asks need not share the environment of the agent.
    assert.equal((await run(host, ['status'])).status, 0);
    agent.signal('SIGTERM');
    assert.equal((await agent.ended).status, 0);
  });
});

test('watches until a signal, without control sequences where there is no terminal', async () => {
  await withAgent(async ({ machine }) => {
    const watching = start(machine.host, ['status', '--watch']);
    await until('two blocks', () => watching.out().split('Agent:').length > 2);
    watching.signal('SIGINT');
    const ended = await watching.ended;
    assert.equal(ended.status, 0);
    assert.ok(!ended.out.includes('\u001b'));
    const drawn = start(machine.host, ['status', '--watch'], { terminal: true });
    await until('a block', () => drawn.out().includes('Agent:'));
    drawn.signal('SIGTERM');
    assert.ok((await drawn.ended).out.endsWith('\u001b[?1049l'));
  });
});

test('serves metrics and health on the port that is wanted, and says when it is taken', async () => {
  const port = await freePort();
  await withAgent(
    async ({ machine }) => {
      const ask = (path: string) =>
        machine.host.net.send({
          method: 'GET',
          url: `http://127.0.0.1:${port}${path}`,
          headers: {},
          body: [],
          timeoutMs: 5000,
          replyBytesMax: 1_000_000,
        });
      await until('the port', async () => (await ask('/health').catch(() => null))?.status === 200);
      assert.match(Buffer.from((await ask('/metrics')).body).toString(), /^almadia_streams 1$/m);
      const config = `agent: { state_dir: other, metrics: ${port} }\n${usual}`;
      writeFileSync(join(machine.directory, 'other.yaml'), config);
      const second = await run(machine.host, ['run', '--config', 'other.yaml']);
      assert.equal(second.status, 3);
      assert.match(second.err, /METRICS_PORT/);
    },
    { config: `agent: { metrics: ${port} }\n${usual}` },
  );
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** A state with two dead letters, as an agent leaves it. */
async function leaveDeadLetters({ host, directory }: TestMachine): Promise<void> {
  const path = join(directory, 'almadia-state');
  const { state } = await openState(host, path, { agentId: 'auto', log: silentLog });
  const body = Buffer.from('bad\u001b[2J line\n');
  for (const sequence of [1, 2]) {
    const batch = {
      key: { output: 'default', sequence, part: '' },
      id: `id${sequence}`,
      readAtMs: 1,
      segments: [
        {
          kind: 'lines' as const,
          stream: 'a'.repeat(32),
          path: '/var/log/a.log',
          from: 0,
          to: body.length,
        },
      ],
      records: 1,
      bytes: body.length,
    };
    const stored = { batch, status: 'dead' as const, attempts: 1, reason: 'refused', atMs: 1 };
    state.commit([{ kind: 'batch', stored, body: [body] }], 'full');
  }
  state.close();
}

test('shows, replays and drops the dead letters of a stopped agent', async () => {
  await onMachine(async (machine) => {
    const { host, directory } = machine;
    writeFileSync(join(directory, 'almadia.yaml'), usual, { mode: 0o600 });
    const absent = await run(host, ['dead-letters', 'list']);
    assert.equal(absent.status, 1);
    assert.match(absent.err, /STATE_ABSENT/);
    await leaveDeadLetters(machine);
    assert.match(
      (await run(host, ['dead-letters', 'list'])).out,
      /default\/1 +1 +.*refused \/var\/log\/a\.log/,
    );
    // A file gets the bytes as they are, a terminal nothing that could drive it.
    assert.equal((await run(host, ['dead-letters', 'show', 'default/1'])).out, 'bad\u001b[2J line\n');
    const shown = start(host, ['dead-letters', 'show', 'default/1'], { terminal: true });
    assert.equal((await shown.ended).out, 'bad?[2J line\n');
    assert.equal((await run(host, ['dead-letters', 'replay'])).status, 2);
    assert.equal((await run(host, ['dead-letters', 'drop', 'default/9'])).status, 2);
    assert.equal((await run(host, ['dead-letters', 'replay', 'default/1', '--json'])).out, '{"count":1}\n');
    assert.equal((await run(host, ['dead-letters', 'drop', 'default/2', '--json'])).out, '{"count":1}\n');
    const listed = await run(host, ['dead-letters', 'list', '--json']);
    const { dead_letters: left } = JSON.parse(listed.out) as {
      dead_letters: { id: string; replaying: boolean }[];
    };
    assert.deepEqual(
      left.map(({ id, replaying }) => [id, replaying]),
      [['default/1', true]],
    );
  });
});

test('a running agent is asked for its dead letters, and sends a replayed one', async () => {
  await onMachine(async (machine) => {
    const { host, directory } = machine;
    mkdirSync(join(directory, 'logs'));
    writeFileSync(join(directory, 'almadia.yaml'), usual, { mode: 0o600 });
    await leaveDeadLetters(machine);
    const agent = start(host, ['run']);
    await until('the agent to start', () => agent.err().includes('agent.started'));
    const listed = await run(host, ['dead-letters', 'list', '--json']);
    assert.equal((JSON.parse(listed.out) as { dead_letters: unknown[] }).dead_letters.length, 2);
    assert.equal((await run(host, ['dead-letters', 'show', 'default/2'])).out, 'bad\u001b[2J line\n');
    assert.equal((await run(host, ['dead-letters', 'replay', 'default/1', '--json'])).out, '{"count":1}\n');
    const out = join(directory, 'out.ndjson');
    await until('the replayed line', () => existsSync(out) && readFileSync(out, 'utf8').includes('bad'));
    // It is in the file a moment before the agent remembers that it was taken.
    const left = async () => JSON.parse((await run(host, ['dead-letters', 'list', '--json'])).out);
    while (((await left()) as { dead_letters: unknown[] }).dead_letters.length > 1);
    assert.equal((await run(host, ['dead-letters', 'drop', '--all', '--json'])).out, '{"count":1}\n');
    agent.signal('SIGTERM');
    assert.equal((await agent.ended).status, 0);
  });
});

test('tells on standard error that it wrote the defaults, and goes on', async () => {
  await onMachine(async ({ host, directory }) => {
    const agent = start(host, ['run', '--config', 'b.json', '--server', 'http://127.0.0.1:1']);
    const log = join(directory, 'agent.log');
    await until('the log', () => existsSync(log) && readFileSync(log, 'utf8').includes('agent.started'));
    assert.match(agent.err(), /^warning: b\.json did not exist.*CONFIG_DEFAULTS_WRITTEN/);
    assert.match(readFileSync(join(directory, 'b.json'), 'utf8'), /"agent_id": "[0-9a-f-]{36}"/);
    agent.signal('SIGTERM');
    assert.equal((await agent.ended).status, 0);
  });
});

import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeCertificate } from '../../test/certificate.ts';
import { onMachine, type TestMachine } from '../../test/support/machine.ts';
import type { Process } from '../host/process.ts';
import type { ConfigRequest, LoadedConfig } from './load.ts';
import { loadConfig, readKey } from './load.ts';

function write(machine: TestMachine, name: string, text: string): void {
  writeFileSync(join(machine.directory, name), text, { mode: 0o600 });
}

async function loaded(machine: TestMachine, request: ConfigRequest = {}): Promise<LoadedConfig> {
  const result = await loadConfig(machine.host, request);
  if (result.kind === 'invalid') assert.fail(JSON.stringify(result.problems));
  return result.config;
}

async function codesOf(machine: TestMachine, request: ConfigRequest = {}): Promise<string[]> {
  const result = await loadConfig(machine.host, request);
  return result.kind === 'invalid' ? result.problems.map((problem) => problem.code) : [];
}

function withFile(
  name: string,
  text: string,
  work: (machine: TestMachine) => Promise<void>,
  process: Partial<Process> = {},
): Promise<void> {
  return onMachine(async (machine) => {
    write(machine, name, text);
    await work(machine);
  }, process);
}

const native = `agent:  { id: auto, state_dir: ./almadia-state, log_file: null, heartbeat_interval: 60s }
sources:
  - type: file
    include: ["/var/log/**/*.log"]
    exclude: ["**/*.gz"]
    start_at: end
output:
  type: hub
  url: http://localhost:5000
  key: \${ALMADIA_KEY}
batch: { bytes: 1MiB, records: 10000, interval: 500ms }
spool: { bytes: 1GiB }
retry: { initial: 500ms, max: 60s, attempts: null }
`;

test('reads the native file, with every value in its unit and its origin', async () => {
  const environment = { ALMADIA_KEY: 'sesame' };
  await withFile(
    'almadia.yaml',
    native,
    async (machine) => {
      const { settings, origins, format } = await loaded(machine);
      assert.equal(format, 'native');
      assert.equal(settings.profile, 'native');
      assert.deepEqual(settings.agent, {
        id: 'auto',
        stateDirectory: join(machine.directory, 'almadia-state'),
        logFile: null,
        heartbeatIntervalMs: 60_000,
        metricsListen: null,
      });
      assert.deepEqual(settings.sources[0]?.include, ['/var/log/**/*.log']);
      assert.deepEqual(settings.sources[0]?.exclude, ['/**/*.gz']);
      assert.equal(settings.output.key, 'sesame');
      assert.deepEqual(settings.batch, { bytesMax: 1024 ** 2, recordsMax: 10_000, intervalMs: 500 });
      assert.deepEqual(settings.spool, { bytesMax: 1024 ** 3 });
      assert.deepEqual(settings.retry, { initialMs: 500, maxMs: 60_000, attemptsMax: null });
      assert.deepEqual(origins.get('output.key'), { kind: 'environment', name: 'ALMADIA_KEY' });
      assert.deepEqual(origins.get('output.url'), {
        kind: 'file',
        file: 'almadia.yaml',
        line: 9,
        name: 'output.url',
      });
      assert.equal(origins.get('output.timeout'), undefined);
    },
    { environment },
  );
});

test('relative paths of a native file are taken from its own directory', async () => {
  await onMachine(async (machine) => {
    await machine.host.disk.makeDirectory(join(machine.directory, 'sub'), 0o700);
    write(machine, 'sub/a.yaml', 'sources: [{ include: logs/*.log }]\noutput: { type: stdout }\n');
    const { settings } = await loaded(machine, { file: 'sub/a.yaml' });
    assert.deepEqual(settings.sources[0]?.include, [`${machine.directory}/sub/logs/*.log`]);
    assert.equal(settings.agent.stateDirectory, join(machine.directory, 'sub/almadia-state'));
  });
});

test('a plain key that looks like a number is kept as it is written', async () => {
  const text = 'sources: [{ include: /a }]\noutput: { url: "http://a", key: 0012345678901234567890 }\n';
  await withFile('almadia.yaml', text, async (machine) => {
    assert.equal((await loaded(machine)).settings.output.key, '0012345678901234567890');
  });
});

test('takes the first of almadia.yaml, config.json and .env', async () => {
  await onMachine(async (machine) => {
    assert.deepEqual(await codesOf(machine), ['CONFIG_NONE']);
    write(machine, '.env', 'SOURCE=a\nLOG_FILE=a.log\nAPI_URL=http://a\nAPI_TOKEN=k\n');
    assert.equal((await loaded(machine)).format, 'sync-logs');
    write(machine, 'config.json', '{"api_key": "k"}');
    assert.equal((await loaded(machine)).format, 'ila-soc');
    write(machine, 'almadia.yaml', 'sources: [{ include: /a }]\noutput: { type: stdout }\n');
    assert.equal((await loaded(machine)).format, 'native');
  });
});

test('--server and --key win over the file, in every format', async () => {
  const request = { server: 'https://other:1/', key: 'new' };
  const files = {
    'almadia.yaml': 'sources: [{ include: /a }]\noutput: { type: ila-soc }\n',
    'config.json': '{"server_url": "http://old", "api_key": "old"}',
    '.env': 'SOURCE=a\nLOG_FILE=a.log\nAPI_URL=http://old\nAPI_TOKEN=old\n',
  };
  for (const [file, text] of Object.entries(files)) {
    await withFile(file, text, async (machine) => {
      const { settings, origins } = await loaded(machine, { file, ...request });
      assert.equal(settings.output.url, 'https://other:1', file);
      assert.equal(settings.output.key, 'new', file);
      assert.deepEqual(origins.get('output.key'), { kind: 'command-line', option: '--key' });
    });
  }
});

test("maps seed A's .env with its own defaults", async () => {
  const text = 'SOURCE=web\nLOG_FILE=logs/app[1].log\nAPI_URL=http://h:8000/api/\nAPI_TOKEN=k\n';
  await withFile('.env', text, async (machine) => {
    const { settings, urlWritten } = await loaded(machine);
    const { directory } = machine;
    assert.equal(settings.profile, 'sync-logs');
    assert.equal(urlWritten, 'http://h:8000/api/');
    assert.equal(settings.output.url, 'http://h:8000/api');
    assert.equal(settings.output.source, 'web');
    assert.equal(settings.output.timeoutMs, 10_000);
    assert.equal(settings.output.bodyBytesMax, 7500);
    assert.equal(settings.output.recordBytesMax, 6000);
    assert.deepEqual(settings.sources[0]?.include, [`${directory}/logs/app\\[1\\].log`]);
    assert.equal(settings.sources[0]?.startAt, 'end');
    assert.equal(settings.batch.intervalMs, 500);
    assert.deepEqual(settings.retry, { initialMs: 5000, maxMs: 5000, attemptsMax: 3 });
    assert.equal(settings.agent.stateDirectory, `${directory}/state/agent.state.almadia`);
    assert.deepEqual(settings.takeover, {
      kind: 'sync-logs',
      stateFiles: [`${directory}/state/agent.state`],
    });
  });
});

test("keeps seed A's own values, with those of the environment before those of the file", async () => {
  const text =
    'SOURCE=web\nLOG_FILE=/a.log\nAPI_URL=http://h/api/logs\nSECRET_TOKEN=k2\nBATCH_INTERVAL=0.25\nMAX_RETRIES=5\nRETRY_DELAY=1.5\nSTATE_FILE=/var/lib/a.state\n';
  const environment = { SOURCE: 'from-environment', RETRY_DELAY: '' };
  await withFile(
    '.env',
    text,
    async (machine) => {
      const { settings, origins } = await loaded(machine);
      assert.equal(settings.output.source, 'from-environment');
      assert.equal(settings.output.url, 'http://h/api');
      assert.equal(settings.output.key, 'k2');
      assert.equal(settings.batch.intervalMs, 250);
      assert.deepEqual(settings.retry, { initialMs: 1500, maxMs: 1500, attemptsMax: 5 });
      assert.deepEqual(settings.takeover, {
        kind: 'sync-logs',
        stateFiles: ['/var/lib/a.state', `${machine.directory}/state/agent.state`],
      });
      assert.deepEqual(origins.get('output.source'), { kind: 'environment', name: 'SOURCE' });
      assert.deepEqual(origins.get('output.key'), {
        kind: 'file',
        file: '.env',
        line: 4,
        name: 'SECRET_TOKEN',
      });
    },
    { environment },
  );
});

test('says which of two different tokens it takes', async () => {
  const text = 'SOURCE=a\nLOG_FILE=a\nAPI_URL=http://h\nAPI_TOKEN=one\nSECRET_TOKEN=two\n';
  await withFile('.env', text, async (machine) => {
    const { settings, notices } = await loaded(machine);
    assert.equal(settings.output.key, 'one');
    assert.deepEqual(
      notices.map((notice) => notice.code),
      ['CONFIG_TWO_TOKENS'],
    );
    assert.doesNotMatch(JSON.stringify(notices), /"one"|"two"/);
  });
});

test("maps seed B's config.json with the original's defaults", async () => {
  await withFile('config.json', '{}', async (machine) => {
    const { settings } = await loaded({ ...machine, host: withOs(machine, 'Linux') });
    const { directory } = machine;
    assert.equal(settings.output.url, 'http://localhost:5000');
    assert.equal(settings.agent.heartbeatIntervalMs, 60_000);
    assert.equal(settings.agent.logFile, join(directory, 'agent.log'));
    assert.equal(settings.agent.stateDirectory, join(directory, 'log_buffer.db.almadia'));
    assert.deepEqual(settings.takeover, {
      kind: 'ila-soc',
      bufferFile: join(directory, 'log_buffer.db'),
    });
    assert.deepEqual(settings.sources[0]?.include, [
      '/var/log/syslog',
      '/var/log/auth.log',
      '/var/log/secure',
    ]);
    assert.equal(settings.batch.recordsMax, 50);
    assert.equal(settings.batch.intervalMs, 5000);
    assert.deepEqual(settings.retry, { initialMs: 30_000, maxMs: 30_000, attemptsMax: 5 });
    const onMac = await loaded({ ...machine, host: withOs(machine, 'Darwin') });
    assert.deepEqual(onMac.settings.sources[0]?.include, ['/var/log/system.log']);
  });
});

function withOs(machine: TestMachine, osType: Process['osType']): TestMachine['host'] {
  return { ...machine.host, process: { ...machine.host.process, osType } };
}

test('draws an agent id and writes it back, keeping every other key in its place', async () => {
  const text = '{\n    "zeta": [1, 2],\n    "agent_id": null,\n    "api_key": "ñ"\n}\n'.replace('ñ', 'k');
  await withFile('config.json', text, async (machine) => {
    const path = join(machine.directory, 'config.json');
    chmodSync(path, 0o640);
    assert.equal((await loaded(machine)).settings.agent.id, 'auto');
    assert.equal(readFileSync(path, 'utf8'), text);
    const { id } = (await loaded(machine, { writes: 'id' })).settings.agent;
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const written = readFileSync(path, 'utf8');
    assert.deepEqual(Object.entries(JSON.parse(written) as object), [
      ['zeta', [1, 2]],
      ['agent_id', id],
      ['api_key', 'k'],
    ]);
    assert.match(written, /^\{\n {4}"zeta"/);
    assert.equal(statSync(path).mode & 0o777, 0o640);
    assert.equal((await loaded(machine, { writes: 'id' })).settings.agent.id, id);
  });
});

test("writes seed B's defaults only when it is asked to, and says so", async () => {
  await onMachine(async (machine) => {
    assert.deepEqual(await codesOf(machine, { file: 'b.json' }), ['CONFIG_ABSENT']);
    assert.ok(!existsSync(join(machine.directory, 'b.json')));
    const config = await loaded(machine, { file: 'b.json', writes: 'defaults' });
    assert.deepEqual(
      config.notices.map((notice) => notice.code),
      ['CONFIG_DEFAULTS_WRITTEN'],
    );
    const written = JSON.parse(readFileSync(join(machine.directory, 'b.json'), 'utf8')) as object;
    assert.equal(Object.keys(written).length, 11);
    assert.deepEqual(await codesOf(machine, { file: 'b.yaml', writes: 'defaults' }), ['CONFIG_ABSENT']);
  });
});

test('reads the key file again, and gives null while it cannot', async () => {
  const text = 'sources: [{ include: /a }]\noutput: { url: "http://a", key_file: key }\n';
  await withFile('almadia.yaml', text, async (machine) => {
    assert.equal(await readKey(machine.host, {}), null);
    write(machine, 'key', 'first\n');
    assert.equal(await readKey(machine.host, {}), 'first');
    write(machine, 'key', 'second');
    assert.equal(await readKey(machine.host, {}), 'second');
    assert.equal(await readKey(machine.host, { key: 'given' }), 'given');
  });
});

test('warns of a key that every user can read', async () => {
  const text = 'SOURCE=a\nLOG_FILE=a\nAPI_URL=http://h\nAPI_TOKEN=one\n';
  await withFile('.env', text, async (machine) => {
    assert.deepEqual((await loaded(machine)).notices, []);
    chmodSync(join(machine.directory, '.env'), 0o644);
    assert.deepEqual(
      (await loaded(machine)).notices.map((notice) => notice.code),
      ['CONFIG_KEY_EXPOSED'],
    );
  });
});

test('a byte order mark and Windows line ends change nothing', async () => {
  const text = '\ufeffSOURCE=a\r\nLOG_FILE=a\r\nAPI_URL=http://h\r\nAPI_TOKEN=one\r\n';
  await withFile('.env', text, async (machine) => {
    assert.equal((await loaded(machine)).settings.output.key, 'one');
  });
});

test('files that are no text, too large or no files are refused', async () => {
  await onMachine(async (machine) => {
    writeFileSync(join(machine.directory, 'latin1.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xf1]));
    assert.deepEqual(await codesOf(machine, { file: 'latin1.yaml' }), ['CONFIG_NOT_TEXT']);
    write(machine, 'large.yaml', '#'.repeat(1024 * 1024 + 1));
    assert.deepEqual(await codesOf(machine, { file: 'large.yaml' }), ['CONFIG_UNREADABLE']);
    assert.deepEqual(await codesOf(machine, { file: '.' }), ['CONFIG_UNREADABLE']);
  });
});

test('a budget of memory that the largest batch or line does not fit into is refused, with what it needs', () =>
  withFile(
    'almadia.yaml',
    `sources: [{ include: /var/log/a.log, line_bytes_max: 2MiB }]
output: { url: 'http://localhost:5000', key: k }
limits: { memory: 4MiB }
`,
    async (machine) => {
      const result = await loadConfig(machine.host, {});
      assert.ok(result.kind === 'invalid');
      assert.deepEqual(
        result.problems.map(({ code, values }) => [code, values.path, values.value, values.least]),
        [['CONFIG_RANGE', 'limits.memory', '4MiB', '8MiB (4 times batch.bytes or line_bytes_max)']],
      );
    },
  ));

test('a certificate of the agent’s own is read with its key, from one file or two, and half of it is refused', async () => {
  const text = (more: string) =>
    `sources: [{ include: /a }]\noutput: { url: "https://a", key: k, ${more} }\n`;
  const pair = makeCertificate();
  await withFile('almadia.yaml', text('cert_file: c.pem, cert_key_file: k.pem'), async (machine) => {
    assert.deepEqual(await codesOf(machine), ['CONFIG_FILE_UNREADABLE', 'CONFIG_FILE_UNREADABLE']);
    write(machine, 'c.pem', pair.cert);
    write(machine, 'k.pem', pair.key);
    assert.deepEqual((await loaded(machine)).settings.output.certificate, pair);
    write(machine, 'k.pem', 'no key');
    assert.deepEqual(await codesOf(machine), ['CONFIG_CERTIFICATE']);
    write(machine, 'almadia.yaml', text('cert_file: both.pem'));
    const both = `${pair.cert}${pair.key}`;
    write(machine, 'both.pem', both);
    assert.deepEqual((await loaded(machine)).settings.output.certificate, { cert: both, key: both });
    write(machine, 'almadia.yaml', text('cert_key_file: k.pem'));
    assert.deepEqual(await codesOf(machine), ['CONFIG_CERTIFICATE']);
  });
});

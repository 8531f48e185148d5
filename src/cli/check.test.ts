import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertGolden } from '../../test/support/golden.ts';
import { onMachine, type TestMachine } from '../../test/support/machine.ts';
import { run } from '../../test/support/terminal.ts';
import type { Disk, Volume } from '../host/disk.ts';
import { DiskError } from '../host/disk.ts';
import type { Host } from '../host/host.ts';
import type { ClientRequest, Stage } from '../host/net.ts';

interface Server {
  /** Status and body for a path; 404 where there is none. */
  readonly replies: Readonly<Record<string, readonly [number, string, Record<string, string>?]>>;
  readonly stages?: readonly Stage[];
}

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const user = 'tester';

/** The machine with a server that answers from a table, and a clock that stands still. */
function withServer(host: Host, server: Server): { readonly host: Host; readonly sent: ClientRequest[] } {
  const sent: ClientRequest[] = [];
  return {
    sent,
    host: {
      ...host,
      clock: { ...host.clock, now: () => nowMs },
      net: {
        ...host.net,
        diagnose: () => Promise.resolve(server.stages ?? []),
        send: (request) => {
          sent.push(request);
          const { pathname } = new URL(request.url);
          const [status, body, headers] = server.replies[pathname] ?? [404, ''];
          const reply = { status, headers: headers ?? {}, body: Buffer.from(body), cut: false };
          return Promise.resolve(reply);
        },
      },
    },
  };
}

function seedA({ directory }: TestMachine): void {
  writeFileSync(join(directory, 'app.log'), 'one\n');
  const text = 'SOURCE=web\nLOG_FILE=app.log\nAPI_URL=http://localhost:8000/api/\nAPI_TOKEN=sesame\n';
  writeFileSync(join(directory, '.env'), text);
}

const passing = `--- Iniciando Pruebas de Sanidad del Agente ---
--> Probando: Acceso al archivo de logs...
 [OK]: Acceso al archivo de logs

--> Probando: Conectividad y Autenticacion API...
  -> Intentando enviar un payload de prueba a: http://localhost:8000/api/
 [OK]: Conectividad y Autenticacion API

  -> ¡Excelente! Todas las pruebas pasaron. El agente esta listo para ejecutarse.
`;

test("gives seed A's report to the letter in Spanish", async () => {
  await onMachine(
    async (machine) => {
      seedA(machine);
      const { host, sent } = withServer(machine.host, { replies: { '/api/test': [200, '{}'] } });
      const ran = await run(withVolume(host, {}), ['check']);
      assert.equal(ran.out, passing);
      assert.equal(ran.status, 0);
      assert.deepEqual(
        sent.map((request) => [request.method, request.url, request.headers['x-api-key']]),
        [['POST', 'http://localhost:8000/api/test', 'sesame']],
      );
    },
    { environment: { LANG: 'es_ES.UTF-8' } },
  );
});

test('asks a server without /test in the other way, stores nothing, and says so', async () => {
  await onMachine(async (machine) => {
    seedA(machine);
    const { host, sent } = withServer(machine.host, { replies: { '/api/logs': [204, ''] } });
    const ran = await run(withVolume(host, {}), ['check']);
    assert.equal(ran.status, 0, ran.out);
    assert.match(ran.out, /\/logs was used instead/);
    const body = JSON.parse(Buffer.concat(sent[1]!.body).toString()) as { logs: unknown[] };
    assert.deepEqual(body.logs, []);
  });
});

test('sends a real line only when it is asked to', async () => {
  await onMachine(async (machine) => {
    seedA(machine);
    const server = { replies: { '/api/test': [200, '{}'], '/api/logs': [201, '{}'] } } as const;
    const { host, sent } = withServer(machine.host, server);
    assert.equal((await run(withVolume(host, {}), ['check'])).status, 0);
    assert.equal(sent.length, 1);
    const ran = await run(withVolume(host, {}), ['check', '--send-test-line']);
    assert.equal(ran.status, 0, ran.out);
    const body = JSON.parse(Buffer.concat(sent[2]!.body).toString()) as { logs: string[] };
    assert.equal(body.logs.length, 1);
    assert.match(body.logs[0]!, /^almadia check: test line/);
  });
});

test('registers and sends a heartbeat to an ila-soc server', async () => {
  await onMachine(async ({ host, directory }) => {
    writeFileSync(join(directory, 'a.log'), '');
    writeFileSync(
      join(directory, 'config.json'),
      JSON.stringify({
        server_url: 'http://h:5000',
        api_key: 'k',
        agent_id: 'a1',
        log_sources: { linux: ['a.log'] },
      }),
      { mode: 0o600 },
    );
    const success = [200, '{"status":"success"}'] as const;
    const replies = { '/api/agent/register': success, '/api/agent/heartbeat': success };
    const server = withServer({ ...host, process: { ...host.process, osType: 'Linux' } }, { replies });
    const ran = await run(withVolume(server.host, {}), ['check']);
    assert.equal(ran.status, 0, ran.out);
    assert.deepEqual(
      server.sent.map((request) => new URL(request.url).pathname),
      ['/api/agent/register', '/api/agent/heartbeat'],
    );
    assert.match(Buffer.concat(server.sent[0]!.body).toString(), /"agent_id":"a1"/);
  });
});

/** Why each fails; what is said of it is in test/golden/check-failures.*.txt. */
const failures: Readonly<Record<string, Server>> = {
  'the key is refused': { replies: { '/api/test': [401, '{"message":"Unauthenticated. sesame"}'] } },
  'a log-in page answers': { replies: { '/api/test': [200, '<html>', { 'content-type': 'text/html' }] } },
  'the path is wrong': { replies: {} },
  'the server fails': { replies: { '/api/test': [500, ''] } },
  'the name is unknown': {
    replies: {},
    stages: [{ stage: 'dns', ok: false, detail: 'getaddrinfo ENOTFOUND localhost', code: 'ENOTFOUND' }],
  },
  'nobody listens': {
    replies: {},
    stages: [
      { stage: 'dns', ok: true, detail: '127.0.0.1', code: null },
      { stage: 'tcp', ok: false, detail: 'connect ECONNREFUSED 127.0.0.1:8000', code: 'ECONNREFUSED' },
    ],
  },
  'the certificate has expired': {
    replies: {},
    stages: [
      { stage: 'tcp', ok: true, detail: '127.0.0.1 port 8000', code: null },
      { stage: 'tls', ok: false, detail: 'certificate of h, valid until 2020', code: 'CERT_HAS_EXPIRED' },
    ],
  },
  'the clock is wrong': {
    replies: { '/api/test': [200, '{}', { date: 'Fri, 02 Jan 2026 05:04:05 GMT' }] },
  },
};

for (const language of ['en', 'es'] as const) {
  test(`names the cause and the fix of what the server does wrong (${language})`, async () => {
    await onMachine(
      async (machine) => {
        seedA(machine);
        let said = '';
        for (const [name, server] of Object.entries(failures)) {
          const { host } = withServer(machine.host, server);
          const ran = await run(withVolume(host, {}), ['check', '--lang', language]);
          assert.equal(ran.status, name === 'the clock is wrong' ? 0 : 1, name);
          assert.ok(!ran.out.includes('sesame'));
          said += `## ${name}\n${ran.out}\n`;
        }
        assertGolden(`check-failures.${language}.txt`, said);
      },
      { userName: user },
    );
  });

  test(`names the cause and the fix of what is wrong with the machine (${language})`, async () => {
    await onMachine(
      async ({ host, directory }) => {
        mkdirSync(join(directory, 'logs'));
        for (const name of ['denied.log', 'fine.log']) writeFileSync(join(directory, 'logs', name), '');
        const text = `agent: { state_dir: ./state, log_file: /nowhere-to-write/agent.log }
sources: [{ include: [logs/*.log, other/*.log] }]
output: { type: file, path: out/lines.ndjson }
`;
        writeFileSync(join(directory, 'almadia.yaml'), text);
        const volume = { type: 'tmpfs', losesDataAtReboot: true, freeBytes: 3 * 1024 * 1024 };
        const strict = refusing(withVolume(host, volume), {
          read: join(directory, 'logs/denied.log'),
          write: '/',
        });
        const ran = await run(strict, ['check', '--lang', language]);
        assert.equal(ran.status, 1);
        assertGolden(`check-machine.${language}.txt`, ran.out, { [directory]: 'DIRECTORY' });
      },
      { userName: user },
    );
  });
}

test('a single log file that is not there fails the test', async () => {
  await onMachine(async ({ host, directory }) => {
    writeFileSync(
      join(directory, 'almadia.yaml'),
      'sources: [{ include: a.log }]\noutput: { type: stdout }\n',
    );
    const ran = await run(withVolume(host, {}), ['check', '--json']);
    assert.equal(ran.status, 1);
    const told = JSON.parse(ran.out) as {
      ok: boolean;
      checks: { name: string; failures: { code: string }[] }[];
    };
    assert.equal(told.ok, false);
    assert.deepEqual(
      told.checks.map(({ name, failures: found }) => [name, found.map((failure) => failure.code)]),
      [
        ['files', ['CHECK_NO_FILE']],
        ['directories', []],
      ],
    );
  });
});

function withVolume(host: Host, volume: Partial<Volume>): Host {
  const usual = { type: 'ext4', freeBytes: 2 ** 40, losesDataAtReboot: false, remote: false };
  return { ...host, disk: { ...host.disk, volume: () => Promise.resolve({ ...usual, ...volume }) } };
}

/** Tests may run as root, whom no permission stops: here the disk itself refuses. */
function refusing(host: Host, what: { readonly read: string; readonly write: string }): Host {
  const { disk } = host;
  const strict: Disk = {
    ...disk,
    open: (path, mode, permissions) =>
      path === what.read
        ? Promise.reject(new DiskError('EACCES', path, 'permission denied'))
        : disk.open(path, mode, permissions),
    allows: (path, access) =>
      access === 'write' && path === what.write ? Promise.resolve(false) : disk.allows(path, access),
  };
  return { ...host, disk: strict };
}

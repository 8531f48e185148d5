import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertGolden } from '../../test/support/golden.ts';
import { onMachine } from '../../test/support/machine.ts';
import { run } from '../../test/support/terminal.ts';

const user = 'tester';

/** Each is wrong in another way; what is said of them is in test/golden/broken-configurations.*.txt. */
const broken: readonly (readonly [string, string | null])[] = [
  ['absent.yaml', null],
  ['syntax.yaml', 'sources:\n  - include: [/a\noutput: { type: stdout }\n'],
  ['tabs.yaml', 'agent:\n\tid: x\n'],
  [
    'unknown-keys.yaml',
    'sorces: []\nsources:\n  - include: /a\n    start: end\noutput: { typ: stdout, type: stdout }\n',
  ],
  ['missing.yaml', 'agent: { id: x }\n'],
  ['needed.yaml', 'sources: [{ include: /a }]\noutput: { type: sync-logs }\n'],
  [
    'values.yaml',
    `agent: { heartbeat_interval: 60, metrics: 0.0.0.0:80, id: [a] }
sources:
  - include: ["!x"]
    start_at: begining
    line_bytes_max: 1GiB
    rotate_wait: soon
output: { url: localhost:5000, key: "clave ñ" }
batch: { bytes: lots, records: 1.5 }
retry: { initial: 5s, max: 1s }
`,
  ],
  ['shapes.yaml', 'agent: 5\nsources: {}\noutput: [hub]\nbatch: { bytes: [1] }\n'],
  ['unset.yaml', 'sources: [{ include: "${LOGS" }]\noutput: { url: "http://a", key: "${ALMADIA_KEY}" }\n'],
  [
    'files.yaml',
    'sources: [{ include: /a }]\noutput: { url: "https://a", key_file: nokey, ca_file: files.yaml }\n',
  ],
  ['twice.yaml', 'sources: [{ include: /a }]\noutput: { url: "https://a", key: k, key_file: nokey }\n'],
  ['duplicate.yaml', 'sources: [{ include: /a }]\noutput: { type: stdout }\noutput: { type: stdout }\n'],
  ['syntax.json', '{\n  "server_url": "http://a",\n  "api_key": "secret-value"\n  "batch_size": 50\n}\n'],
  [
    'values.json',
    '{\n  "server_url": "a",\n  "api_key": 7,\n  "batch_size": "50",\n  "batch_interval": -1,\n  "log_sources": ["/a"],\n  "agent_id": {}\n}\n',
  ],
  ['empty.env', '# nothing yet\n'],
  [
    'values.env',
    'SOURCE=a\nLOG_FILE=/a\nAPI_URL=host:80\nAPI_TOKEN=señal\nBATCH_INTERVAL=fast\nMAX_RETRIES=many\n',
  ],
];

for (const language of ['en', 'es'] as const) {
  test(`says of each broken configuration what to do (${language})`, async () => {
    await onMachine(
      async ({ host, directory }) => {
        let said = '';
        for (const [file, text] of broken) {
          if (text !== null) writeFileSync(join(directory, file), text, { mode: 0o600 });
          const ran = await run(host, ['config', 'validate', '--config', file, '--lang', language]);
          assert.equal(ran.status, 2, file);
          assert.equal(ran.out, '', file);
          said += `## ${file}\n${ran.err}\n`;
        }
        for (const secret of ['secret-value', 'clave ñ', 'señal']) assert.ok(!said.includes(secret), secret);
        assertGolden(`broken-configurations.${language}.txt`, said, { [directory]: 'DIRECTORY' });
      },
      { userName: user },
    );
  });
}

test('gives all problems as JSON, and nothing else', async () => {
  await onMachine(async ({ host, directory }) => {
    writeFileSync(join(directory, 'almadia.yaml'), 'sorces: 1\n');
    const ran = await run(host, ['config', 'validate', '--json']);
    assert.equal(ran.status, 2);
    assert.equal(ran.err, '');
    const told = JSON.parse(ran.out) as { valid: boolean; problems: { code: string; fix: string }[] };
    assert.equal(told.valid, false);
    assert.deepEqual(
      told.problems.map((problem) => problem.code),
      ['CONFIG_UNKNOWN_KEY_NEAR', 'CONFIG_MISSING', 'CONFIG_MISSING'],
    );
  });
});

const native = `agent: { log_file: agent.log }
sources:
  - include: [/var/log/a.log]
  - include: [/var/log/b.log]
    start_at: beginning
output: { url: http://localhost:5000/, key: "\${TOKEN}" }
`;

const environment = { TOKEN: 'very-secret' };

for (const language of ['en', 'es'] as const) {
  test(`shows what takes effect and where it came from (${language})`, async () => {
    await onMachine(
      async ({ host, directory }) => {
        writeFileSync(join(directory, 'almadia.yaml'), native);
        const words = ['config', 'show', '--server', 'http://other', '--lang', language];
        const ran = await run(host, words);
        assert.equal(ran.status, 0);
        assert.ok(!ran.out.includes('very-secret'));
        assertGolden(`config-show.${language}.txt`, ran.out, { [directory]: 'DIRECTORY' });
      },
      { environment },
    );
  });
}

test('masks the key in JSON too, and names the line of each value', async () => {
  await onMachine(async ({ host, directory }) => {
    const text = 'SOURCE=a\nLOG_FILE=/a\nAPI_URL=http://h\nAPI_TOKEN=very-secret\n';
    writeFileSync(join(directory, '.env'), text, { mode: 0o600 });
    const ran = await run(host, ['config', 'show', '--json']);
    assert.ok(!ran.out.includes('very-secret'));
    const { settings } = JSON.parse(ran.out) as {
      settings: { path: string; value: unknown; origin: unknown }[];
    };
    assert.deepEqual(
      settings.find(({ path }) => path === 'output.key'),
      {
        path: 'output.key',
        value: '********',
        origin: { kind: 'file', file: '.env', line: 4, name: 'API_TOKEN' },
      },
    );
  });
});

test('what `config show` prints is a valid configuration again', async () => {
  await onMachine(
    async ({ host, directory }) => {
      writeFileSync(join(directory, 'almadia.yaml'), native);
      const shown = await run(host, ['config', 'show']);
      writeFileSync(join(directory, 'again.yaml'), shown.out, { mode: 0o600 });
      const again = await run(host, ['config', 'validate', '--config', 'again.yaml']);
      assert.equal(again.err, '');
      assert.equal(again.status, 0);
    },
    { environment },
  );
});

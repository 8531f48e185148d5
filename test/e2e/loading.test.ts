/** What each command loads: a start costs little because little is loaded. Counted in files, never in time. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Program } from '../support/program.ts';

interface Loaded {
  /** The files of the packed program. */
  readonly files: readonly string[];
  /** What was packed into them, such as `dist/src/cli/run.js` and `node_modules/yaml`. */
  readonly sources: ReadonlySet<string>;
  /** Everything else that was loaded, Node's own modules excepted. */
  readonly others: readonly string[];
}

/** V8's account of coverage names every script that a process has loaded. */
async function loadedBy(context: TestContext, words: readonly string[], ready?: RegExp): Promise<Loaded> {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-loading-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(
    join(directory, 'almadia.yaml'),
    `sources: [{ type: file, include: ["*.log"] }]\noutput: { type: file, path: out }\n`,
  );
  const coverage = join(directory, 'coverage');
  await using program = new Program(words, { directory, environment: { NODE_V8_COVERAGE: coverage } });
  if (ready !== undefined) {
    await program.said(ready);
    program.signal('SIGTERM');
  }
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  const urls = readdirSync(coverage).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(coverage, name), 'utf8')) as {
      result: { url: string }[];
    };
    return result.map(({ url }) => url).filter((url) => url.startsWith('file:'));
  });
  const paths = [...new Set(urls)].map((url) => fileURLToPath(url));
  const files = paths.filter((path) => path.includes('/dist/program/'));
  return {
    files,
    sources: new Set(files.flatMap(sourcesOf)),
    others: paths.filter((path) => !files.includes(path) && !path.endsWith('/bin/almadia')),
  };
}

/** The bundler names each source above its code. */
function sourcesOf(file: string): string[] {
  const names = readFileSync(file, 'utf8').matchAll(
    /^\s*(?:\/\/ |")(dist\/src\/[^"\s]+|node_modules\/(?:@[^/]+\/)?[^/"]+)/gm,
  );
  return [...names].map(([, name]) => name!);
}

function assertWithout(loaded: Loaded, unwanted: RegExp): void {
  assert.deepEqual(
    [...loaded.sources, ...loaded.others].filter((name) => unwanted.test(name)),
    [],
  );
}

test('the version loads nothing but itself', async (context) => {
  const { sources, others } = await loadedBy(context, ['--version']);
  assert.deepEqual([...sources].sort(), ['dist/src/cli/version.js', 'dist/src/main.js']);
  assert.deepEqual(others, []);
});

test('help loads descriptions and the parser: no host, no agent, no hub, no YAML', async (context) => {
  for (const words of [['--help'], ['help', 'run'], ['hub', '--help']]) {
    const loaded = await loadedBy(context, words);
    assert.ok(loaded.sources.has('dist/src/cli/commands/run.js'));
    assertWithout(loaded, /src\/(host\/node|config|source|state|output|agent|store|hub|lines|protocol)\//);
    assertWithout(loaded, /node_modules\/(?!commander)/);
    assertWithout(loaded, /src\/cli\/(run|hub|service)\.js/);
    assert.ok(loaded.files.length <= 10, `${loaded.files.length} files`);
  }
});

test('the agent loads nothing of the hub, in few files', async (context) => {
  const loaded = await loadedBy(context, ['run'], /agent\.started/);
  assert.ok(loaded.sources.has('dist/src/agent/agent.js'));
  assertWithout(loaded, /src\/(store|hub)\/|find-my-way|src\/cli\/(hub|hub-session|demo)\.js/);
  assert.ok(loaded.files.length <= 16, `${loaded.files.length} files`);
});

test('the hub loads nothing of the agent, in few files', async (context) => {
  const loaded = await loadedBy(context, ['hub', '--port', '0', '--data', 'hub'], /http:\/\/127/);
  assert.ok(loaded.sources.has('dist/src/hub/hub.js'));
  assertWithout(loaded, /src\/(agent|source|state|output|config)\/|\/yaml|\/picomatch/);
  assert.ok(loaded.files.length <= 16, `${loaded.files.length} files`);
});

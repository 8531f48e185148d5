/** The npm package, as somebody gets it who installs it: without the checkout round it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '../support/program.ts';
import { Room } from './room.ts';

const root = resolve(import.meta.dirname, '../../..');

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly optional?: boolean }>>;
}

/** Packs the build as it is, and lays it beside the packages that a user gets with it, and no others. */
function install(context: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'almadia-package-'));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const words = ['pack', '--ignore-scripts', '--silent', '--pack-destination', home];
  const tarball = execFileSync('npm', words, { cwd: root, encoding: 'utf8' }).trim();
  const target = join(home, 'node_modules/almadia');
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xzf', join(home, tarball), '-C', target, '--strip-components=1']);
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  for (const [path, { dev, optional }] of Object.entries(packages)) {
    if (path === '' || dev === true || optional === true) continue;
    mkdirSync(dirname(join(home, path)), { recursive: true });
    symlinkSync(join(root, path), join(home, path));
  }
  return target;
}

test('the package runs by itself: version, hub with its page, and an agent that delivers', async (context) => {
  const installed = install(context);
  const executable = join(installed, 'bin/almadia');
  const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    version: string;
  };
  assert.equal(execFileSync(executable, ['--version'], { encoding: 'utf8' }), `${version}\n`);

  await using room = await Room.open({ executable });
  await room.startHub();
  const page = await fetch(room.hubUrl);
  assert.match(await page.text(), /<html/);
  room.configure(`type: hub, url: "${room.hubUrl}"`);
  writeFileSync(join(room.logs, 'app.log'), 'from the package\n');
  await room.startAgent();
  await eventually('the line is stored', async () => ((await room.count()) === 1 ? true : null));
  assert.deepEqual(
    (await room.stored()).map((line) => line.text),
    ['from the package'],
  );
});

test('the package holds the program once, and names the licences of all code in it', (context) => {
  const installed = install(context);
  const list = execFileSync('find', [installed, '-type', 'f'], { encoding: 'utf8' }).trim().split('\n');
  const names = list.map((path) => path.slice(installed.length + 1));
  assert.deepEqual(
    names.filter((name) => /^dist\/(src|test)\/|\.map$|\.test\./.test(name)),
    [],
  );
  assert.ok(names.includes('LICENSE') && names.includes('NOTICE'));
  const code = names.filter((name) => /^dist\/program\/.*\.js$/.test(name));
  const text = code.map((name) => readFileSync(join(installed, name), 'utf8')).join('\n');
  const packages = [...text.matchAll(/^\s*(?:\/\/ |")node_modules\/((?:@[^/]+\/)?[^/"]+)/gm)].map(
    ([, name]) => name!,
  );
  assert.ok(packages.includes('commander'));
  const licences = readFileSync(join(installed, 'dist/program/LICENSES.txt'), 'utf8');
  for (const name of new Set(packages)) assert.match(licences, new RegExp(`^${name} \\d.* \\(.+\\)$`, 'm'));
});

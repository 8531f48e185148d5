/**
 * `almadia demo`, which is `npm start`: a hub, a generator of test logs and an agent in one process, to be looked at.
 *
 * Everything lies in one directory: `hub/` (store and key), `agent/` (state), `app.log` and `app.log.1` (test logs),
 * `demo.log` (what hub and agent say of themselves). Starting again goes on from there.
 */
import { relative, resolve } from 'node:path';
import { generate } from '../generator/generator.ts';
import { eventKinds } from '../generator/kinds.ts';
import { type LogFile, openLogFile } from '../generator/log-file.ts';
import { AlmadiaError } from '../host/errors.ts';
import { readFile, writeFile } from '../host/files.ts';
import type { Host } from '../host/host.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { AgentSettings } from '../settings/agent.ts';
import {
  agentSection,
  batchSection,
  fileSourceSection,
  outputSection,
  retrySection,
  spoolSection,
} from '../settings/declaration.ts';
import { escapeGlob } from '../settings/glob.ts';
import { defaultsOf } from '../settings/setting.ts';
import { openLog } from './agent-log.ts';
import { openSession } from './agent-session.ts';
import type { CommandContext } from './command.ts';
import { defaultPort } from './commands/demo.ts';
import { type HubSession, openHubSession } from './hub-session.ts';
import { say } from './messages.ts';
import { decimalOption, integerOption } from './options.ts';

/** Where nobody asked for a port, so many after the usual one are tried. */
const portTries = 10;
/** A rotation every few hours: the disk does not fill up, and the agent shows what it is for. */
const rotateBytes = 8 * 1024 * 1024;
const drainMs = 3_000;
const closeGraceMs = 2_000;
/** npm passes on to its child the Ctrl+C that the terminal has sent to both: this soon, a second one is the first. */
const echoMs = 1_000;

/** What has to be closed, in the order in which it was opened. */
type Closers = (() => Promise<void>)[];

export async function run(context: CommandContext): Promise<number> {
  const { host, options, console, language } = context;
  const directory = resolve(host.process.workingDirectory, options.text('data') ?? '');
  const stop = new AbortController();
  const now = new AbortController();
  let heardAtMs = Number.POSITIVE_INFINITY;
  const heard = () => {
    const nowMs = host.clock.monotonicMs();
    if (nowMs - heardAtMs > echoMs) now.abort();
    heardAtMs = Math.min(heardAtMs, nowMs);
    stop.abort();
  };
  const off = (['SIGINT', 'SIGTERM'] as const).map((name) => context.signals.on(name, heard));
  const closers: Closers = [];
  try {
    const running = await open(context, { directory, closers, now: now.signal });
    console.out(say(language, 'demoRuns', { url: running.address, file: running.shownFile }));
    await running.untilStopped(stop.signal);
    console.out(say(language, 'demoStops'));
    return 0;
  } finally {
    await closeAll(closers).finally(() => {
      for (const release of off) release();
    });
  }
}

/** The last opened is closed first; one that fails does not keep the others open. */
async function closeAll(closers: Closers): Promise<void> {
  const last = closers.pop();
  if (last === undefined) return;
  try {
    await last();
  } finally {
    await closeAll(closers);
  }
}

interface Demo {
  /** Ready to open, with the key. */
  readonly address: string;
  readonly shownFile: string;
  /** Rejects when one of the parts cannot go on. */
  untilStopped(signal: AbortSignal): Promise<void>;
}

async function open(
  context: CommandContext,
  how: { readonly directory: string; readonly closers: Closers; readonly now: AbortSignal },
): Promise<Demo> {
  const { host, options, version } = context;
  const { directory, closers, now } = how;
  await makeDirectory(host, directory);
  const log = await openLog(context, `${directory}/demo.log`);
  closers.push(async () => log.close());
  const key = await keyOf(host, directory);
  const port = integerOption(options, 'port', { min: 0, max: 65_535 }) ?? null;
  const hub = await openAnyPort(host, { port, key, log, dataDirectory: `${directory}/hub` });
  closers.push(() => hub.close(closeGraceMs));
  if (port === null && !hub.url.endsWith(`:${defaultPort}`)) {
    context.console.err(say(context.language, 'demoOtherPort', { port: defaultPort, url: hub.url }));
  }

  const path = `${directory}/app.log`;
  const file = await openLogFile(host.disk, path, { rotateBytes });
  closers.push(() => file.close());
  const settings = agentSettings(directory, { path, key, url: hub.url });
  const session = await openSession(host, settings, { log, version, freshKey: async () => key });
  closers.push(() => session.stop(drainMs, now));

  const address = `${hub.url.replace('127.0.0.1', 'localhost')}/#key=${encodeURIComponent(key)}`;
  return {
    address,
    shownFile: relative(host.process.workingDirectory, path),
    async untilStopped(signal) {
      const failed = new AbortController();
      const writing = writeLines(context, file, AbortSignal.any([signal, failed.signal]));
      try {
        await Promise.race([writing, session.agent.done]);
      } finally {
        failed.abort();
        await Promise.allSettled([writing]);
      }
    },
  };
}

async function writeLines(context: CommandContext, file: LogFile, signal: AbortSignal): Promise<void> {
  const { host, options } = context;
  await generate(
    {
      format: 'json',
      kinds: eventKinds,
      ratePerS: decimalOption(options, 'rate', { min: 0.01, max: 100_000 }) ?? 3,
      count: null,
      seed: Buffer.from(host.random.bytes(4)).readUInt32LE(),
      time: 'clock',
      firstSequence: file.nextSequence,
      hostname: host.process.hostname,
    },
    { clock: host.clock, write: (lines) => file.write(lines) },
    signal,
  );
}

async function makeDirectory(host: Host, path: string): Promise<void> {
  try {
    await host.disk.makeDirectory(path, 0o700);
    await host.disk.makeDirectory(`${path}/hub`, 0o700);
  } catch (error) {
    throw new AlmadiaError('STORE_UNWRITABLE', { path, cause: String(error) }, { cause: error });
  }
}

/** The hub keeps only the hash of its key; the demo keeps the key, so that its address opens every time. */
async function keyOf(host: Host, directory: string): Promise<string> {
  const path = `${directory}/hub/key`;
  const kept = Buffer.from((await readFile(host.disk, path, 1024)) ?? [])
    .toString()
    .trim();
  if (kept !== '') return kept;
  const key = Buffer.from(host.random.bytes(32)).toString('base64url');
  await writeFile(host.disk, path, { bytes: Buffer.from(`${key}\n`), permissions: 0o600 });
  return key;
}

/** A port that somebody asked for is taken or refused; else the next free one does. */
async function openAnyPort(
  host: Host,
  hub: {
    readonly port: number | null;
    readonly key: string;
    readonly log: SelfLog;
    readonly dataDirectory: string;
  },
): Promise<HubSession> {
  const { key, log, dataDirectory } = hub;
  const on = (port: number) =>
    openHubSession(host, { listen: { host: '127.0.0.1', port }, dataDirectory, key, log });
  if (hub.port !== null) return on(hub.port);
  for (let port = defaultPort; ; port++) {
    try {
      return await on(port);
    } catch (error) {
      const taken = error instanceof AlmadiaError && error.values.cause === 'EADDRINUSE';
      if (!taken || port + 1 === defaultPort + portTries) throw error;
    }
  }
}

/** Reports often, so that the page has something to show at once. */
function agentSettings(
  directory: string,
  to: { readonly path: string; readonly key: string; readonly url: string },
): AgentSettings {
  const source = defaultsOf(fileSourceSection);
  const {
    keyFile: _keyFile,
    caFile: _caFile,
    certFile: _certFile,
    certKeyFile: _certKeyFile,
    ...output
  } = defaultsOf(outputSection, 'hub');
  return {
    profile: 'native',
    agent: {
      ...defaultsOf(agentSection),
      stateDirectory: `${directory}/agent`,
      heartbeatIntervalMs: 2_000,
    },
    sources: [
      { ...source, include: [escapeGlob(to.path)], exclude: [], startAt: 'beginning' },
      { ...source, include: ['/var/log/*.log'], exclude: [], startAt: 'end' },
    ],
    output: { ...output, type: 'hub', url: to.url, key: to.key, ca: null, source: '', path: '' },
    batch: { ...defaultsOf(batchSection), intervalMs: 200 },
    spool: defaultsOf(spoolSection),
    retry: defaultsOf(retrySection),
    takeover: { kind: 'none' },
  };
}

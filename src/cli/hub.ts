/** `almadia hub`: the receiver in the foreground, until a signal ends it. A second signal ends it at once. */
import { resolve } from 'node:path';
import type { Host } from '../host/host.ts';
import type { HubSettings } from '../settings/hub.ts';
import { openLog } from './agent-log.ts';
import type { CommandContext, Options, Signals } from './command.ts';
import { defaults, keyVariable } from './commands/hub.ts';
import { type HubOptions, type HubSession, openHubSession } from './hub-session.ts';
import { keyFromFile } from './key-file.ts';
import { say } from './messages.ts';
import { durationOption, integerOption, sizeOption } from './options.ts';

/** Running requests may end for so long after the first signal. */
const closeGraceMs = 5000;

const ageMaxMs = 36_500 * 86_400_000;

export async function run(context: CommandContext): Promise<number> {
  const { host, options } = context;
  const log = await openLog(context, null);
  try {
    await runHub(host, {
      listen: {
        host: options.text('listen') || defaults.listen,
        port: integerOption(options, 'port', { min: 0, max: 65_535 }) ?? Number(defaults.port),
      },
      dataDirectory: resolve(host.process.workingDirectory, options.text('data') || defaults.data),
      key: await givenKey(context),
      keep: keepFrom(options),
      log,
      signals: context.signals,
      opened: (session) => announce(session, context),
    });
    return 0;
  } finally {
    await log.close();
  }
}

function keepFrom(options: Options): HubSettings['keep'] {
  const ageMs = durationOption(options, 'keep', { min: 60_000, max: ageMaxMs }) ?? null;
  const bytesMax = sizeOption(options, 'keep-bytes', { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? null;
  return ageMs === null && bytesMax === null ? null : { ageMs, bytesMax };
}

/** From the command line, a file or the environment; null: the one that the hub made. */
async function givenKey(context: CommandContext): Promise<string | null> {
  const onCommandLine = context.options.text('key');
  if (onCommandLine) return onCommandLine;
  const inFile = await keyFromFile(context, 'almadia hub');
  return inFile ?? (context.host.process.environment[keyVariable] || null);
}

export interface RunOptions extends HubOptions {
  readonly signals: Signals;
  /** Called when the hub answers. */
  readonly opened: (session: HubSession) => void;
}

/** Serves until SIGTERM or SIGINT, then closes. Throws `AlmadiaError` when it cannot begin. */
export async function runHub(host: Host, options: RunOptions): Promise<void> {
  const heard = listenForSignals(options.signals);
  try {
    const session = await openHubSession(host, options);
    options.opened(session);
    await heard.first;
    await Promise.race([session.close(closeGraceMs), heard.second]);
  } finally {
    heard.close();
  }
}

function announce(session: HubSession, { console, language }: CommandContext): void {
  console.out(`${say(language, 'hubListens', { url: session.url })}\n`);
  if (session.newKey !== null) console.out(`${say(language, 'hubNewKey', { key: session.newKey })}\n`);
}

function listenForSignals(signals: Signals): { first: Promise<void>; second: Promise<void>; close(): void } {
  const wakes: (() => void)[] = [];
  const once = () => new Promise<void>((resolve) => wakes.push(resolve));
  const [first, second] = [once(), once()];
  const heard = () => wakes.shift()?.();
  const off = [signals.on('SIGTERM', heard), signals.on('SIGINT', heard)];
  return {
    first,
    second,
    close: () => {
      for (const forget of off) forget();
    },
  };
}

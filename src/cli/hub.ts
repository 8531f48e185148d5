/** `almadia hub`: the receiver in the foreground, until a signal ends it. A second signal ends it at once. */
import { resolve } from 'node:path';
import type { Host } from '../host/host.ts';
import { openLog } from './agent-log.ts';
import type { CommandContext, CommandDescription, Signals } from './command.ts';
import { type HubOptions, type HubSession, openHubSession } from './hub-session.ts';
import { say } from './messages.ts';
import { integerOption } from './options.ts';

/** Running requests may end for so long after the first signal. */
const closeGraceMs = 5000;

const defaults = { port: '5000', listen: '127.0.0.1', data: './almadia-hub' } as const;

/** Read where `--key` is not given: a key on the command line can be seen by every user of the machine. */
const keyVariable = 'ALMADIA_HUB_KEY';

export const command: CommandDescription = {
  name: 'hub',
  summary: {
    en: 'Runs the hub: receives lines, keeps them, and shows them on a page',
    es: 'Ejecuta el hub: recibe líneas, las guarda y las muestra en una página',
  },
  details: {
    en: `Without --key and ${keyVariable}, a key is generated at the first start and printed once; only its hash is kept. The hub speaks plain HTTP: for other machines, put a proxy with TLS before it.`,
    es: `Sin --key ni ${keyVariable}, se genera una clave en el primer inicio y se imprime una vez; solo se guarda su hash. El hub habla HTTP sin cifrar: para otras máquinas, ponga delante un proxy con TLS.`,
  },
  options: [
    {
      flags: '--port <number>',
      text: { en: 'port to listen on; 0 takes any free one', es: 'puerto; 0 toma cualquiera libre' },
      default: defaults.port,
    },
    {
      flags: '--listen <address>',
      text: {
        en: 'address to listen on; 0.0.0.0 is every network of the machine',
        es: 'dirección en la que escucha; 0.0.0.0 es toda red de la máquina',
      },
      default: defaults.listen,
    },
    {
      flags: '--data <directory>',
      text: { en: 'where lines are kept', es: 'dónde se guardan las líneas' },
      default: defaults.data,
    },
    {
      flags: '--key <key>',
      text: {
        en: 'the key that agents and the page must bring',
        es: 'la clave que deben traer agentes y página',
      },
    },
  ],
  exits: [
    { code: 0, text: { en: 'stopped by a signal', es: 'detenido por una señal' } },
    { code: 2, text: { en: 'the command line is wrong', es: 'la línea de órdenes es incorrecta' } },
    {
      code: 3,
      text: {
        en: 'the machine refuses (disk, port, another hub on the same data)',
        es: 'la máquina se niega (disco, puerto, otro hub con los mismos datos)',
      },
    },
  ],
  run,
};

async function run(context: CommandContext): Promise<number> {
  const { host, options } = context;
  const log = await openLog(context, null);
  try {
    await runHub(host, {
      listen: {
        host: options.text('listen') || defaults.listen,
        port: integerOption(options, 'port', { min: 0, max: 65_535 }) ?? Number(defaults.port),
      },
      dataDirectory: resolve(host.process.workingDirectory, options.text('data') || defaults.data),
      key: options.text('key') || host.process.environment[keyVariable] || null,
      log,
      signals: context.signals,
      opened: (session) => announce(session, context),
    });
    return 0;
  } finally {
    await log.close();
  }
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

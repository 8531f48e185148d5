/**
 * `almadia run`: the agent in the foreground, until a signal ends it.
 *
 * SIGTERM and SIGINT stop it gracefully, a second one at once. SIGHUP reads the configuration again: an invalid one is
 * told and not taken; for a valid one the agent stops without draining and starts again in this process, from the
 * state it has just committed.
 */
import type { ConfigRequest, LoadedConfig } from '../config/load.ts';
import { loadConfig, readKey } from '../config/load.ts';
import type { Language, Problem } from '../host/errors.ts';
import { AlmadiaError, explain } from '../host/errors.ts';
import { setEngineForAgent } from '../host/node/engine.ts';
import type { SelfLog } from '../host/selflog.ts';
import { openLog } from './agent-log.ts';
import type { Session } from './agent-session.ts';
import { openSession } from './agent-session.ts';
import type { CommandContext } from './command.ts';
import { configRequest, tellProblems } from './config-options.ts';
import { effectiveTexts } from './effective.ts';
import { say } from './messages.ts';

/** Of the ten seconds within which a stop must be over; the rest is for closing. */
const drainMs = 8000;

export async function run(context: CommandContext): Promise<number> {
  setEngineForAgent();
  const request = configRequest(context.options, 'defaults');
  const result = await loadConfig(context.host, request);
  if (result.kind === 'invalid') {
    tellProblems(context, result.problems);
    return 2;
  }
  // What a file that was just written says goes to the person who starts it, wherever the log goes.
  const written = result.config.notices.filter((notice) => notice.code === 'CONFIG_DEFAULTS_WRITTEN');
  tellProblems(context, written, 'warning');
  const orders = listenForSignals(context);
  try {
    return await runUntilStopped(context, { request, config: result.config, orders });
  } finally {
    orders.close();
  }
}

interface Running {
  readonly request: ConfigRequest;
  readonly config: LoadedConfig;
  readonly orders: Orders;
}

async function runUntilStopped(context: CommandContext, running: Running): Promise<number> {
  const { orders } = running;
  let { config } = running;
  let log = await openLog(context, config.settings.agent.logFile);
  let session = await begin(context, { ...running, config, log });
  for (;;) {
    const order = await Promise.race([orders.next(), ended(session)]);
    switch (order.kind) {
      case 'failed':
        // What it still holds (sockets, watches, the state) would keep the process alive.
        await session.stop(0).catch(() => undefined);
        await log.close();
        throw order.error;
      case 'stop':
        log.write('info', 'agent.stopping', say(context.language, 'runStopping'));
        await session.stop(drainMs, orders.now);
        log.write('info', 'agent.stopped', say(context.language, 'runStopped'));
        log.close();
        return 0;
      case 'reload': {
        const next = await reread(context, running, log);
        if (next === null) break;
        await session.stop(0);
        const old = { config, log };
        try {
          log = await openLog(context, next.settings.agent.logFile);
          session = await begin(context, { ...running, config: next, log });
          config = next;
          log.write('info', 'config.taken', say(context.language, 'runReloaded', { file: config.file }));
          old.log.close();
        } catch (error) {
          if (!(error instanceof AlmadiaError)) throw error;
          if (log !== old.log) log.close();
          log = old.log;
          tell(log, { problem: error, language: context.language, event: 'config.failed' });
          session = await begin(context, { ...running, config, log });
        }
        break;
      }
    }
  }
}

async function begin(
  context: CommandContext,
  running: Running & { readonly log: SelfLog },
): Promise<Session> {
  const { config, log } = running;
  for (const notice of config.notices) {
    tell(log, { problem: notice, language: context.language, event: 'config.notice' });
  }
  const session = await openSession(context.host, config.settings, {
    log,
    version: context.version,
    configuration: effectiveTexts(config),
    freshKey: () => readKey(context.host, running.request),
    standardOutput: (bytes) => context.console.write(bytes),
  });
  const { output, agent } = config.settings;
  log.write(
    'info',
    'agent.started',
    say(context.language, 'runStarted', {
      file: config.file,
      target: output.url || output.path || output.type,
      state: agent.stateDirectory,
    }),
    { pid: context.host.process.pid, version: context.version, profile: config.settings.profile },
  );
  return session;
}

/** Null: the old one is kept, and why has been told. */
async function reread(context: CommandContext, running: Running, log: SelfLog): Promise<LoadedConfig | null> {
  const { language } = context;
  const result = await loadConfig(context.host, { ...running.request, writes: 'id' });
  if (result.kind === 'loaded') return result.config;
  for (const problem of result.problems) tell(log, { problem, language, event: 'config.invalid' });
  const kept: Problem = { code: 'RELOAD_KEPT', values: { count: result.problems.length } };
  tell(log, { problem: kept, language, event: 'config.kept' });
  return null;
}

function tell(
  log: SelfLog,
  told: { readonly problem: Problem; readonly language: Language; readonly event: string },
): void {
  const text = explain(told.problem, told.language);
  const level = told.event === 'config.notice' ? 'warn' : 'error';
  log.write(level, told.event, text.what, { code: told.problem.code, safe: text.safe, fix: text.fix });
}

type Order =
  | { readonly kind: 'stop' }
  | { readonly kind: 'reload' }
  | { readonly kind: 'failed'; readonly error: unknown };

interface Orders {
  /** Orders come one by one; several reloads before the next is asked for are one. */
  next(): Promise<Order>;
  /** Aborted by the second signal that asks to stop. */
  readonly now: AbortSignal;
  close(): void;
}

function listenForSignals(context: CommandContext): Orders {
  const now = new AbortController();
  let stopping = false;
  let reload = false;
  let wake: (() => void) | null = null;
  const stop = (): void => {
    if (stopping) now.abort();
    stopping = true;
    wake?.();
  };
  const off = [
    context.signals.on('SIGTERM', stop),
    context.signals.on('SIGINT', stop),
    context.signals.on('SIGHUP', () => {
      reload = true;
      wake?.();
    }),
  ];
  return {
    now: now.signal,
    async next() {
      while (!stopping && !reload) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (stopping) return { kind: 'stop' };
      reload = false;
      return { kind: 'reload' };
    },
    close() {
      for (const forget of off) forget();
    },
  };
}

/** An agent that ends without having been asked to cannot go on. */
async function ended(session: Session): Promise<Order> {
  try {
    await session.agent.done;
    return { kind: 'stop' };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

/** `almadia status`: what the running agent tells of itself, once or again and again. */
import { resolve } from 'node:path';
import type { AgentStatus } from '../agent/status.ts';
import { requireConfig } from '../config/load.ts';
import { AlmadiaError } from '../host/errors.ts';
import type { CommandContext } from './command.ts';
import { configRequest } from './config-options.ts';
import { askAgent } from './control-socket.ts';
import { say } from './messages.ts';
import { openScreen } from './screen.ts';
import { statusLines } from './status-view.ts';

const refreshMs = 1000;

export async function run(context: CommandContext): Promise<number> {
  const directory = await stateDirectoryOf(context);
  if (context.options.flag('watch')) return watch(context, directory);
  const status = await fetchStatus(context, directory);
  if (status === null) throw new AlmadiaError('AGENT_NOT_RUNNING', { path: directory });
  context.console.out(
    context.options.flag('json')
      ? `${JSON.stringify(status, null, 2)}\n`
      : `${statusLines(status, context.language).join('\n')}\n`,
  );
  return 0;
}

/** From `--state`, else from the configuration. */
export async function stateDirectoryOf(context: CommandContext): Promise<string> {
  const given = context.options.text('state');
  if (given !== undefined) return resolve(context.host.process.workingDirectory, given);
  const config = await requireConfig(context.host, configRequest(context.options));
  return config.settings.agent.stateDirectory;
}

/** Null: nobody runs there. */
async function fetchStatus(context: CommandContext, directory: string): Promise<AgentStatus | null> {
  const answer = await askAgent(context.host, directory, { method: 'GET', path: '/status' });
  if (answer.kind === 'nobody') return null;
  try {
    return JSON.parse(Buffer.from(answer.body).toString('utf8')) as AgentStatus;
  } catch (error) {
    const values = { path: directory, cause: String(answer.status), user: context.host.process.userName };
    throw new AlmadiaError('AGENT_UNREACHABLE', values, { cause: error });
  }
}

/** An agent that is not there now may come: watching goes on. */
async function watch(context: CommandContext, directory: string): Promise<number> {
  const stop = new AbortController();
  const off = (['SIGINT', 'SIGTERM'] as const).map((name) => context.signals.on(name, () => stop.abort()));
  const json = context.options.flag('json');
  const screen = openScreen(context.console, { redraw: context.console.terminal && !json });
  try {
    while (!stop.signal.aborted) {
      const status = await fetchStatus(context, directory);
      if (json) screen.show([JSON.stringify(status)]);
      else if (status === null) screen.show([say(context.language, 'statusNobody', { path: directory })]);
      else screen.show(statusLines(status, context.language));
      await context.host.clock.sleep(refreshMs, stop.signal);
    }
    return 0;
  } finally {
    screen.close();
    for (const forget of off) forget();
  }
}

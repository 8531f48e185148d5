/**
 * One agent in this process, with what stands round it: its own log, the control socket, the metrics port. `run`
 * opens one, and after a change of the configuration another.
 */

import type { Agent } from '../agent/agent.ts';
import { startAgent } from '../agent/agent.ts';
import { controlBodyBytesMax, handleControl, handleMetrics } from '../agent/control.ts';
import { AlmadiaError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { Metrics } from '../host/metrics.ts';
import type { Server } from '../host/net.ts';
import { NetError } from '../host/net.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { AgentSettings } from '../settings/agent.ts';
import { prepareSocket } from './control-socket.ts';

const serveTimeoutMs = 10_000;
const closeGraceMs = 500;

export interface Session {
  readonly agent: Agent;
  /** Stops the agent, then closes what stands round it. */
  stop(drainMs: number, signal?: AbortSignal): Promise<void>;
}

export interface SessionOptions {
  readonly log: SelfLog;
  readonly version: string;
  readonly configuration?: Readonly<Record<string, string>>;
  readonly freshKey: () => Promise<string | null>;
  /** Where the output `stdout` writes. */
  readonly standardOutput?: (bytes: Uint8Array) => Promise<void>;
}

/** Throws `AlmadiaError`; then nothing is left open. */
export async function openSession(
  host: Host,
  settings: AgentSettings,
  options: SessionOptions,
): Promise<Session> {
  const metrics = new Metrics();
  const agent = await startAgent(host, settings, { ...options, metrics });
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close(closeGraceMs)));
  };
  try {
    servers.push(await serveControl(host, settings, agent));
    const { metricsListen } = settings.agent;
    if (metricsListen !== null) servers.push(await serveMetrics(host, metricsListen, { agent, metrics }));
  } catch (error) {
    await agent.stop(0);
    await close();
    throw error;
  }
  return {
    agent,
    async stop(drainMs, signal) {
      try {
        await agent.stop(drainMs, signal);
      } finally {
        await close();
      }
    },
  };
}

async function serveControl(host: Host, settings: AgentSettings, agent: Agent): Promise<Server> {
  const socketPath = await prepareSocket(host, settings.agent.stateDirectory);
  try {
    return await host.net.serve(
      { listen: { socketPath }, bodyBytesMax: controlBodyBytesMax, requestTimeoutMs: serveTimeoutMs },
      async (request) => handleControl(agent, request),
    );
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    throw new AlmadiaError('SOCKET_FAILED', { path: socketPath, cause: error.code }, { cause: error });
  }
}

async function serveMetrics(
  host: Host,
  listen: { readonly host: string; readonly port: number },
  told: { readonly agent: Agent; readonly metrics: Metrics },
): Promise<Server> {
  try {
    return await host.net.serve(
      { listen, bodyBytesMax: 0, requestTimeoutMs: serveTimeoutMs },
      async (request) => handleMetrics(told.agent, told.metrics, request),
    );
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    const values = { address: `${listen.host}:${listen.port}`, cause: error.code };
    throw new AlmadiaError('METRICS_PORT', values, { cause: error });
  }
}

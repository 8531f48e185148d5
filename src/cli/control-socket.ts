/**
 * Where a running agent is spoken to: `agent.sock` in its state directory. Addresses of Unix sockets are short; where
 * that path is too long, the socket lies in a directory of this user's own under the runtime directory, and
 * `agent.sock.path` in the state directory tells where.
 */
import { join } from 'node:path';
import { controlSocketPath, socketPathBytesMax } from '../agent/control.ts';
import { diskCode } from '../host/disk.ts';
import { AlmadiaError } from '../host/errors.ts';
import { readFile, writeFile } from '../host/files.ts';
import type { Host } from '../host/host.ts';
import { NetError } from '../host/net.ts';

type Machine = Pick<Host, 'disk' | 'process' | 'work' | 'net'>;

const requestTimeoutMs = 5000;
const replyBytesMax = 256 * 1024 * 1024;

/** For the agent that holds the state's lock: a socket left behind by one that was killed is removed. */
export async function prepareSocket(host: Machine, stateDirectory: string): Promise<string> {
  const path = await placeFor(host, stateDirectory);
  const left = await host.disk.stat(path).catch(() => null);
  if (left?.kind === 'socket') await host.disk.unlink(path);
  return path;
}

async function placeFor(host: Machine, stateDirectory: string): Promise<string> {
  const usual = controlSocketPath(stateDirectory);
  if (Buffer.byteLength(usual) <= socketPathBytesMax) return usual;
  const runtime = host.process.environment.XDG_RUNTIME_DIR || '/tmp';
  const directory = join(runtime, `almadia-${host.process.userId ?? host.process.userName}`);
  await host.disk.makeDirectory(directory, 0o700);
  const stat = await host.disk.stat(directory);
  const own = host.process.userId === null || stat.userId === host.process.userId;
  if (stat.kind !== 'directory' || !own || (stat.permissions & 0o077) !== 0) {
    throw new AlmadiaError('SOCKET_UNSAFE', { path: directory, user: host.process.userName });
  }
  const path = join(directory, `${host.work.sha256([stateDirectory]).slice(0, 16)}.sock`);
  const bytes = Buffer.from(path);
  await writeFile(host.disk, `${usual}.path`, { bytes, permissions: 0o600 });
  return path;
}

export type Answer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: Uint8Array }
  /** No agent runs on this directory. */
  | { readonly kind: 'nobody' };

/** Asks the running agent. Throws AGENT_UNREACHABLE where one may run that does not let us ask. */
export async function askAgent(
  host: Machine,
  stateDirectory: string,
  question: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: unknown },
): Promise<Answer> {
  const socket = await socketOf(host, stateDirectory);
  const body = question.body === undefined ? [] : [Buffer.from(JSON.stringify(question.body))];
  try {
    const reply = await host.net.send({
      method: question.method,
      url: `unix:${socket}:${question.path}`,
      headers: body.length === 0 ? {} : { 'content-type': 'application/json' },
      body,
      timeoutMs: requestTimeoutMs,
      replyBytesMax,
    });
    return { kind: 'answer', status: reply.status, body: reply.body };
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    // ENOENT: no socket. ECONNREFUSED: a socket that was left behind by one that was killed.
    if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') return { kind: 'nobody' };
    const values = { path: socket, cause: error.code, user: host.process.userName };
    throw new AlmadiaError('AGENT_UNREACHABLE', values, { cause: error });
  }
}

async function socketOf(host: Machine, stateDirectory: string): Promise<string> {
  const usual = controlSocketPath(stateDirectory);
  if (Buffer.byteLength(usual) <= socketPathBytesMax) return usual;
  try {
    const bytes = await readFile(host.disk, `${usual}.path`, 4096);
    return bytes === null ? usual : Buffer.from(bytes).toString('utf8').trim();
  } catch (error) {
    const values = { path: usual, cause: diskCode(error) ?? '?', user: host.process.userName };
    throw new AlmadiaError('AGENT_UNREACHABLE', values, { cause: error });
  }
}

/** Asking a running hub over the socket in its data directory. */
import { AlmadiaError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { type HttpReply, NetError } from '../host/net.ts';
import { hubSocketPath } from '../hub/control.ts';

const requestTimeoutMs = 5000;
const replyBytesMax = 16 * 1024 * 1024;

/** The reply as JSON. Throws HUB_UNREACHABLE for every status but 200. */
export type AskHub = <T>(method: 'GET' | 'POST', path: string, body?: object) => Promise<T>;

/** Null where no hub runs on the directory. Throws HUB_UNREACHABLE where one may run that does not let us ask. */
export async function hubAt(host: Host, directory: string): Promise<AskHub | null> {
  const socket = hubSocketPath(directory);
  const ask = async (method: 'GET' | 'POST', path: string, body?: object): Promise<HttpReply> =>
    await host.net.send({
      method,
      url: `unix:${socket}:${path}`,
      headers: {},
      body: body === undefined ? [] : [Buffer.from(JSON.stringify(body))],
      timeoutMs: requestTimeoutMs,
      replyBytesMax,
    });
  const unreachable = (cause: string) =>
    new AlmadiaError('HUB_UNREACHABLE', { path: socket, cause, user: host.process.userName });
  try {
    await ask('GET', '/keys');
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    // ENOENT: no socket. ECONNREFUSED: one that was left behind. ENAMETOOLONG and EINVAL: there can be none.
    if (/^(ENOENT|ECONNREFUSED|ENAMETOOLONG|EINVAL)$/.test(error.code)) return null;
    throw unreachable(error.code);
  }
  return async (...question) => {
    const { status, body } = await ask(...question).catch((error: unknown) => {
      throw error instanceof NetError ? unreachable(error.code) : error;
    });
    if (status !== 200) throw unreachable(`HTTP ${status}`);
    return JSON.parse(Buffer.from(body).toString());
  };
}

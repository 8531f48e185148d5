/**
 * One hub in this process: its store, its page, and the port on which it answers. `hub` runs one; so does whatever
 * wants a hub beside other things.
 */

import { extname, join } from 'node:path';
import { AlmadiaError } from '../host/errors.ts';
import { readFile } from '../host/files.ts';
import type { Host } from '../host/host.ts';
import { NetError, type RequestHead, type Server } from '../host/net.ts';
import type { SelfLog } from '../host/selflog.ts';
import { controlBodyBytesMax, hubSocketPath } from '../hub/control.ts';
import { type Hub, openHub } from '../hub/hub.ts';
import type { Asset, Assets } from '../hub/page-routes.ts';
import { type HubSettings, hubDefaults } from '../settings/hub.ts';

export interface HubOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly dataDirectory: string;
  /** Null: the one generated at the first start. */
  readonly key: string | null;
  /** As in the hub's settings; without it, what was set over the API. */
  readonly keep?: HubSettings['keep'];
  readonly log: SelfLog;
}

export interface HubSession {
  /** Where it answers, such as http://127.0.0.1:5000. */
  readonly url: string;
  /** The key generated just now, to be shown once; null when there was one already. */
  readonly newKey: string | null;
  /** Ends live tails, lets running requests end for up to `graceMs`, and lets go of the store. */
  close(graceMs: number): Promise<void>;
}

/** From the first byte of a request to its last: 16 MiB on a line of 2 Mbit/s. */
const requestTimeoutMs = 70_000;

const assetBytesMax = 8 * 1024 * 1024;

/** Other files of the page's folder (source maps, say) are not served. */
const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/** Throws `AlmadiaError`; then nothing is left open. */
export async function openHubSession(host: Host, options: HubOptions): Promise<HubSession> {
  const { dataDirectory, key, listen, log } = options;
  const settings = { ...hubDefaults, dataDirectory, key, keep: options.keep ?? null };
  const hub = await openHub(host, settings, log, await pageAssets(host, log));
  const { bodyBytesMax } = settings;
  let server: Server;
  let control: Server | null = null;
  try {
    const screen = (head: RequestHead) => hub.screen(head);
    server = await host.net.serve({ listen, bodyBytesMax, requestTimeoutMs, screen }, (request) =>
      hub.handle(request),
    );
    control = await serveControl(host, hub, options);
  } catch (error) {
    await hub.close();
    throw asListenError(error, listen);
  }
  return {
    url: urlOf(listen.host, server.port),
    newKey: hub.newKey,
    async close(graceMs) {
      await Promise.all([hub.close(), server.close(graceMs), control?.close(0)]);
    },
  };
}

/** Null where the data directory lies so deep that no socket fits: then keys are changed while the hub is stopped. */
async function serveControl(
  host: Host,
  hub: Hub,
  { dataDirectory, log }: HubOptions,
): Promise<Server | null> {
  const socketPath = hubSocketPath(dataDirectory);
  const options = { listen: { socketPath }, bodyBytesMax: controlBodyBytesMax, requestTimeoutMs: 5000 };
  try {
    return await host.net.serve(options, async (request) => hub.control(request));
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    log.write('warn', 'hub.no-socket', `keys can only be changed while the hub is stopped: ${error.message}`);
    return null;
  }
}

/** The built page is in dist/web, two folders above both dist/src/cli and dist/program/parts. */
async function pageAssets(host: Host, log: SelfLog): Promise<Assets> {
  const directory = join(import.meta.dirname, '../../web');
  const assets = new Map<string, Asset>();
  for (const { name } of await host.disk.list(directory).catch(() => [])) {
    const type = mediaTypes[extname(name)];
    const bytes =
      type === undefined ? null : await readFile(host.disk, `${directory}/${name}`, assetBytesMax);
    if (type !== undefined && bytes !== null) assets.set(name, { type, bytes });
  }
  if (!assets.has('index.html')) {
    log.write('warn', 'page.missing', `there is no page in ${directory}; the hub only answers programs`);
  }
  return assets;
}

function asListenError(error: unknown, { host, port }: HubOptions['listen']): unknown {
  if (!(error instanceof NetError)) return error;
  const values = { address: urlOf(host, port), cause: error.code };
  return new AlmadiaError('HUB_LISTEN_FAILED', values, { cause: error });
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

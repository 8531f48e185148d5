/** The whole hub, on a machine given as an argument: `handle(request) -> reply`. */
import type { Host } from '../host/host.ts';
import type { HttpRequest, ServerReply } from '../host/net.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { HubSettings } from '../settings/hub.ts';

export interface Hub {
  handle(request: HttpRequest): Promise<ServerReply>;
  /** The key generated at the first start, to be shown once; null when there was one already. */
  readonly newKey: string | null;
  close(): Promise<void>;
}

/** Opens the data directory (one hub at a time: HUB_LOCKED) and gets ready to answer. Throws `AlmadiaError`. */
export async function openHub(host: Host, settings: HubSettings, log: SelfLog): Promise<Hub> {
  log.write('info', 'hub.opening', settings.dataDirectory);
  await host.clock.sleep(0);
  throw new Error('to be built');
}

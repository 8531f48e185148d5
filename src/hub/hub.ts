/** The whole hub, on a machine given as an argument: `handle(request) -> reply`. */
import { join } from 'node:path';
import { printablePath } from '../host/disk.ts';
import { AlmadiaError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import type { HttpRequest, RequestHead, ServerReply } from '../host/net.ts';
import { keepPrivate } from '../host/private-directory.ts';
import { type Random, randomName } from '../host/random.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { Work } from '../host/work.ts';
import { openLogScanner } from '../lines/decode.ts';
import { runHeader } from '../protocol/chain.ts';
import type { HubSettings } from '../settings/hub.ts';
import { openStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { AgentKeys } from './agent-keys.ts';
import { chainRoutes } from './chain-routes.ts';
import { handleHubControl } from './control.ts';
import { Fleet } from './fleet.ts';
import { fleetRoutes } from './fleet-routes.ts';
import { admit, type Sender } from './guard.ts';
import { healthRoutes } from './health-routes.ts';
import { Holding } from './holding.ts';
import { type Identity, identityOf } from './identity.ts';
import { Instances } from './instances.ts';
import { keyRoutes } from './key-routes.ts';
import { Keys } from './keys.ts';
import { type Assets, pageRoutes } from './page-routes.ts';
import { Proofs } from './proofs.ts';
import { readRoutes } from './read-routes.ts';
import { ilaSocRoutes } from './receive-ila-soc.ts';
import { syncLogsRoutes } from './receive-sync-logs.ts';
import { Receiver } from './receiver.ts';
import { defaultHeaders, Refusal, refusalReply, unavailable } from './reply.ts';
import { Retention } from './retention.ts';
import { retentionRoutes } from './retention-routes.ts';
import { type Matched, type Route, Router } from './router.ts';
import { searchRoutes } from './search-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { Sessions } from './sessions.ts';
import { Tail } from './tail.ts';
import { tailRoutes } from './tail-routes.ts';
import { Trail } from './trail.ts';
import { trailRoutes } from './trail-routes.ts';

export interface Hub {
  /** Never rejects: what goes wrong is a reply. */
  handle(request: HttpRequest): Promise<ServerReply>;
  /** The refusal that `handle` would give whatever the body is; null: the body decides. Never throws. */
  screen(head: RequestHead): ServerReply | null;
  /** What only the hub's own user may ask (`control.ts`). Throws as the store does. */
  control(request: HttpRequest): ServerReply;
  /** The key generated at the first start, to be shown once; null when there was one already. */
  readonly newKey: string | null;
  /** Answers 503 from now on, ends live tails, and lets go of the store when running requests have ended. */
  close(): Promise<void>;
}

/** The file in the data directory. */
export const storeName = 'hub.sqlite';

/** Senders try again after so long when the store refuses, seconds. */
const retryAfterSeconds = 30;

/**
 * Opens the data directory (one hub at a time: HUB_LOCKED) and gets ready to answer. Without assets there is no page.
 * Throws `AlmadiaError`.
 */
export async function openHub(
  host: Host,
  settings: HubSettings,
  log: SelfLog,
  assets: Assets = new Map(),
): Promise<Hub> {
  await makeDirectory(host, settings.dataDirectory);
  const { clock, databases, random, work } = host;
  const store = openStore(join(settings.dataDirectory, storeName), { databases, work, log });
  const { keys, identity } = await secretsOf(store, settings.key, { random, work });
  const agentKeys = new AgentKeys({ clock, notes: store.notes, random, work });
  const sessions = new Sessions(keys, { clock, random, work, notes: store.notes });
  const fleet = new Fleet(store, { clock, log, settings });
  const tail = new Tail(clock, (agent) => fleet.get(agent)?.hostname ?? '');
  const instances = new Instances(store);
  const proofs = new Proofs({ store, clock, work, log });
  const receiver = new Receiver({ host, settings, log, store, fleet, instances, proofs, tail });
  const retention = new Retention({ store, clock, log, keep: settings.keep });
  const holding = new Holding(store, clock);
  const trail = new Trail({ notes: store.notes, clock, log });
  const scanner = openLogScanner();
  const router = new Router([
    ...syncLogsRoutes(receiver, scanner),
    ...ilaSocRoutes({ receiver, fleet, store, identity, instances, clock, work, scanner }),
    ...fleetRoutes({ fleet, proofs, clock }),
    ...readRoutes({ store, fleet, clock }),
    ...chainRoutes({ store, fleet, hubId: identity.id }),
    ...keyRoutes(agentKeys, receiver),
    ...retentionRoutes(retention, receiver),
    ...searchRoutes({ store, fleet, clock }),
    ...trailRoutes(trail),
    ...healthRoutes(receiver, fleet),
    ...tailRoutes(tail),
    ...sessionRoutes(sessions, receiver),
    ...pageRoutes(assets),
  ]);
  retention.start();
  log.write('info', 'hub.opened', `the hub keeps its lines in ${settings.dataDirectory}`);

  const admitted = (head: RequestHead): Matched & { readonly sender: Sender } => {
    const matched = router.match(head);
    const { access } = matched.route;
    const sender =
      access === 'open'
        ? { agent: null, by: 'nobody' as const }
        : admit(head, access, { keys, agentKeys, sessions });
    return { ...matched, sender };
  };
  const answer = async (request: HttpRequest): Promise<ServerReply> => {
    const { route, params, search, sender } = admitted(request);
    const asked = async () => route.answer({ ...request, params, search, sender });
    const reply = await asked().catch((error: unknown) => explained(error, request, log));
    if (isTold(route, reply) && sender.by !== 'agent-key') {
      const { method, path, remoteAddress: address } = request;
      trail.add({ by: sender.by, address, method, path, status: reply.status });
    }
    return request.method === 'HEAD' ? { ...reply, body: '' } : reply;
  };
  /** Agents register again when they see another: the store may be an older one than before. */
  const run = randomName(random);
  const finished = (reply: ServerReply): ServerReply => ({
    ...reply,
    headers: { ...defaultHeaders, [runHeader]: run, ...reply.headers },
  });
  const running = new Set<Promise<ServerReply>>();
  let closing = false;

  return {
    newKey: keys.newKey,
    handle: async (request) => {
      if (closing) return finished(refusalReply(unavailable('BUSY', 'The hub is stopping.', 5)));
      const reply = answer(request).catch((error: unknown) => explained(error, request, log));
      running.add(reply);
      try {
        return finished(await reply);
      } finally {
        running.delete(reply);
      }
    },
    screen: (head) => {
      try {
        admitted(head);
        return null;
      } catch (error) {
        return finished(explained(error, head, log));
      }
    },
    control: (request) => {
      const reply = handleHubControl({ keys: agentKeys, holding }, request);
      const { method, path } = request;
      if (method !== 'GET') trail.add({ by: 'socket', address: '', method, path, status: reply.status });
      return reply;
    },
    close: async () => {
      closing = true;
      tail.close();
      await Promise.all([...running, proofs.close(), retention.close()]);
      fleet.close();
      holding.close();
      await store.close();
      log.write('info', 'hub.closed', 'the hub has stopped');
    },
  };
}

/** The store is let go of when there can be none. */
async function secretsOf(
  store: Store,
  given: string | null,
  machine: { readonly random: Random; readonly work: Work },
): Promise<{ readonly keys: Keys; readonly identity: Identity }> {
  try {
    const kept = { notes: store.notes, ...machine };
    return { keys: new Keys(given, kept), identity: identityOf(kept) };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function makeDirectory(host: Host, path: string): Promise<void> {
  const unsafe = (where: string, cause: string) =>
    new AlmadiaError('STORE_UNSAFE', { path: printablePath(where), cause, user: host.process.userName });
  try {
    await keepPrivate(host, { path, owns: /^hub\.sqlite/, unsafe });
  } catch (error) {
    if (error instanceof AlmadiaError) throw error;
    throw new AlmadiaError('STORE_UNWRITABLE', { path, cause: String(error) }, { cause: error });
  }
}

/** What people do; who has to wait after a wrong key has not been heard. */
function isTold({ method, access }: Route, { status }: ServerReply): boolean {
  return method !== 'GET' && access !== 'agent' && status !== 429;
}

function explained(error: unknown, { method, path }: RequestHead, log: SelfLog): ServerReply {
  if (error instanceof Refusal) return refusalReply(error);
  if (error instanceof AlmadiaError && (error.code === 'STORE_FULL' || error.code === 'STORE_BROKEN')) {
    const message = `${error.message}; nothing was lost, send it again later.`;
    return refusalReply(unavailable(error.code, message, retryAfterSeconds));
  }
  log.write('error', 'hub.failed', `${method} ${path}: ${error instanceof Error ? error.stack : error}`);
  const message = 'The hub has failed; its own log says why.';
  return refusalReply(new Refusal(500, 'INTERNAL', { message }));
}

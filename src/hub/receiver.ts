/**
 * What all receiving routes share: bodies within bounds, the commit, then the fleet's counts and the live tail. An
 * answer that acks is given only after `take` has resolved.
 */
import type { Host } from '../host/host.ts';
import type { HttpRequest } from '../host/net.ts';
import type { SelfLog } from '../host/selflog.ts';
import type { Incoming } from '../protocol/incoming.ts';
import type { Decoded } from '../protocol/received.ts';
import type { HubSettings } from '../settings/hub.ts';
import type { Receipt, Store } from '../store/store.ts';
import { arrivalOf, storedText } from './arrival.ts';
import { readBody } from './body.ts';
import type { AgentType, Fleet } from './fleet.ts';
import type { Instances } from './instances.ts';
import type { Proofs } from './proofs.ts';
import { Refusal, unavailable } from './reply.ts';
import type { Tail } from './tail.ts';

/** Bodies being received at the same time, decompressed, bytes; over it senders are told to come again. */
const receivingBytesMax = 256 * 1024 * 1024;

/** What is no batch is short, compressed or not; the log-in is open to everybody. */
const smallBounds = { bodyBytesMax: 64 * 1024, expandedBytesMax: 64 * 1024 };

/** A heartbeat with as many events as it may hold, each with a path of 8,192 characters. */
export const heartbeatBounds = { bodyBytesMax: 1024 * 1024, expandedBytesMax: 1024 * 1024 };

export interface ReceiverParts {
  readonly host: Host;
  readonly settings: HubSettings;
  readonly log: SelfLog;
  readonly store: Store;
  readonly fleet: Fleet;
  readonly instances: Instances;
  readonly proofs: Proofs;
  readonly tail: Tail;
}

export class Receiver {
  readonly #parts: ReceiverParts;
  #receivingBytes = 0;
  /** Why nothing can be stored at present; null when all is well. */
  #trouble: string | null = null;

  /** Whether the store took what came last. */
  get stores(): boolean {
    return this.#trouble === null;
  }

  constructor(parts: ReceiverParts) {
    this.#parts = parts;
  }

  /** A body that is no batch, as its protocol reads it. Throws `Refusal`. */
  async read<T>(
    request: HttpRequest,
    decode: (body: Uint8Array) => Decoded<T>,
    bounds: typeof smallBounds = smallBounds,
  ): Promise<T> {
    const body = await readBody(request, bounds, this.#parts.host.work);
    return accepted(decode(body));
  }

  /** Reads a batch and hands it on, while its bytes count as being received. Throws `Refusal` 503 over the bound. */
  async receive<T>(
    request: HttpRequest,
    decode: (body: Uint8Array) => Decoded<Incoming>,
    take: (batch: Incoming) => Promise<T>,
  ): Promise<T> {
    const body = await readBody(request, this.#parts.settings, this.#parts.host.work);
    if (this.#receivingBytes > 0 && this.#receivingBytes + body.length > receivingBytesMax) {
      throw unavailable('BUSY', 'The hub is receiving as much as it can; come again in a second.', 1);
    }
    this.#receivingBytes += body.length;
    try {
      return await take(accepted(decode(body)));
    } finally {
      this.#receivingBytes -= body.length;
    }
  }

  /** Commits a batch. Rejects as the store does. */
  async take(agentName: string, type: AgentType, batch: Incoming): Promise<Receipt> {
    const { host, store, fleet, instances, proofs, tail } = this.#parts;
    const agent = storedText(agentName);
    const arrival = arrivalOf({ agent, batch, receivedAtMs: host.clock.now() }, host.work);
    const receipt = await store.commit(arrival).catch((error: unknown) => {
      this.#noteTrouble(String(error));
      throw error;
    });
    this.#noteTrouble(null);
    const instance = batch.chained?.instance ?? null;
    if (instance !== null && receipt.linked) {
      instances.heard(agent, { instance, hostname: null }, arrival.receivedAtMs);
    }
    proofs.changed(agent);
    fleet.received(agent, type, { lines: receipt.stored, bytes: receipt.bytes });
    tail.publish(receipt.pages);
    return receipt;
  }

  /** Transitions only: a full disk refuses every batch until there is room again. */
  #noteTrouble(trouble: string | null): void {
    if ((this.#trouble === null) === (trouble === null)) return;
    this.#trouble = trouble;
    if (trouble === null) this.#parts.log.write('info', 'store.well', 'lines are stored again');
    else this.#parts.log.write('error', 'store.refuses', `lines cannot be stored: ${trouble}`);
  }
}

function accepted<T>(decoded: Decoded<T>): T {
  if (decoded.kind === 'decoded') return decoded.value;
  const code = decoded.status === 413 ? 'BODY_TOO_LARGE' : 'BODY_INVALID';
  throw new Refusal(decoded.status, code, { message: `${decoded.reason}; nothing of it was stored` });
}

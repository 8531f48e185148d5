/**
 * Protocol B's routes for agents, plain, with the envelope and in blocks.
 *
 * Lines of an agent that never registered are stored: the original hub takes them too, and refusing them would make
 * the original agent count its batches as failed. Its heartbeat is answered with 404, so that it registers and tells
 * who it is. `?dry_run=1` checks a batch in full and stores nothing.
 */
import type { SignedReceipt } from '../event/chain.ts';
import type { ToldEvent } from '../event/told-event.ts';
import type { Clock } from '../host/clock.ts';
import type { Work } from '../host/work.ts';
import type { LogScanner } from '../lines/decode.ts';
import { decodeBlock, isBlock } from '../protocol/block.ts';
import { linkHash, signReceipt } from '../protocol/chain.ts';
import { decodeRegistration, ingestPath } from '../protocol/ila-soc.ts';
import type { Incoming } from '../protocol/incoming.ts';
import { decodeHeartbeat, hubOffer, receipt } from '../protocol/ingest.ts';
import { readIngest } from '../protocol/scan.ts';
import type { NewEvent, Receipt, Store } from '../store/store.ts';
import { storedText } from './arrival.ts';
import type { Fleet } from './fleet.ts';
import { refuseOther } from './guard.ts';
import type { Identity } from './identity.ts';
import type { Instances } from './instances.ts';
import { heartbeatBounds, type Receiver } from './receiver.ts';
import { json, Refusal } from './reply.ts';
import type { Route } from './router.ts';

export interface IlaSocParts {
  readonly receiver: Receiver;
  readonly fleet: Fleet;
  readonly store: Store;
  readonly identity: Identity;
  readonly instances: Instances;
  readonly clock: Clock;
  readonly work: Work;
  readonly scanner: LogScanner;
}

export function ilaSocRoutes(parts: IlaSocParts): Route[] {
  const { receiver, fleet, store, identity, instances, clock, work, scanner } = parts;
  const register: Route['answer'] = async (request) => {
    const registration = await receiver.read(request, decodeRegistration);
    refuseOther(request.sender, registration.agentId);
    const agentId = storedText(registration.agentId);
    fleet.register({ ...registration, agentId });
    const { instance, epoch, hostname } = registration;
    if (instance !== null) instances.heard(agentId, { instance, hostname }, clock.now());
    return json(200, {
      status: 'success',
      message: 'Agent registered',
      server_time: new Date(clock.now()).toISOString(),
      almadia: hubOffer(
        work.encodings,
        instance === null ? null : { hub: identity, link: store.lastLink(agentId, epoch) },
      ),
    });
  };
  const heartbeat: Route['answer'] = async (request) => {
    const beat = await receiver.read(request, decodeHeartbeat, heartbeatBounds);
    refuseOther(request.sender, beat.agentId);
    const agent = storedText(beat.agentId);
    if (fleet.heartbeat({ ...beat, agentId: agent })) {
      if (beat.events.length > 0) store.addEvents(beat.events.map((event) => toldBy(agent, event)));
      return json(200, { status: 'success', message: 'Heartbeat received' });
    }
    throw new Refusal(404, 'AGENT_UNKNOWN', { message: 'This agent is not registered; register it again.' });
  };
  const signed = ({ agentId, batchId, chained }: Incoming, counts: Receipt): SignedReceipt | null => {
    if (chained === null) return null;
    const { chain, contentHash } = chained;
    const { epoch, sequence, part } = chain;
    const time = new Date(clock.now()).toISOString();
    return signReceipt(
      {
        ...{
          hub: identity.id,
          agentId: agentId!,
          batchId: batchId!,
          epoch,
          sequence,
          part,
          contentHash,
          time,
        },
        ...{ records: counts.stored, duplicates: counts.duplicates, link: linkHash(chain, work) },
      },
      identity.signer,
    );
  };
  const decode = (body: Uint8Array) => (isBlock(body) ? decodeBlock(body, work) : readIngest(body, scanner));
  const ingest: Route['answer'] = (request) => {
    const dryRun = request.search.get('dry_run') === '1';
    return receiver.receive(request, decode, async (batch) => {
      refuseOther(request.sender, batch.agentId!);
      if (dryRun)
        return json(200, ingestReply(batch, { stored: batch.records, duplicates: 0, signed: null, dryRun }));
      const counts = await receiver.take(batch.agentId!, 'ila-soc', batch);
      return json(200, ingestReply(batch, { ...counts, signed: signed(batch, counts), dryRun }));
    });
  };
  return [
    { method: 'POST', path: '/api/agent/register', access: 'agent', answer: register },
    { method: 'POST', path: '/api/agent/heartbeat', access: 'agent', answer: heartbeat },
    { method: 'POST', path: ingestPath, access: 'agent', answer: ingest },
  ];
}

function toldBy(agent: string, { id, kind, atMs, stream, path, detail }: ToldEvent): NewEvent {
  const where = path === null ? null : storedText(path);
  return { agent, name: `told ${id}`, kind, atMs, stream, path: where, detail: storedText(detail) };
}

/** As the original's; it classifies nothing, so nothing is malicious or suspicious. */
function ingestReply(
  { records, batchId }: Incoming,
  given: { stored: number; duplicates: number; signed: SignedReceipt | null; dryRun: boolean },
): object {
  const { stored, duplicates, signed, dryRun } = given;
  return {
    status: 'success',
    message: dryRun ? 'The batch is well-formed; nothing was stored' : 'Batch stored',
    total: records,
    malicious: 0,
    suspicious: 0,
    results: [],
    ...(batchId === null ? {} : { almadia: receipt(batchId, { records: stored, duplicates }, signed) }),
  };
}

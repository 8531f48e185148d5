/**
 * Protocol B's routes for agents, plain, with the envelope and in blocks.
 *
 * Lines of an agent that never registered are stored: the original hub takes them too, and refusing them would make
 * the original agent count its batches as failed. Its heartbeat is answered with 404, so that it registers and tells
 * who it is. `?dry_run=1` checks a batch in full and stores nothing.
 */
import type { Clock } from '../host/clock.ts';
import type { Work } from '../host/work.ts';
import type { LogScanner } from '../lines/decode.ts';
import { decodeBlock, isBlock } from '../protocol/block.ts';
import { decodeRegistration, ingestPath } from '../protocol/ila-soc.ts';
import type { Incoming } from '../protocol/incoming.ts';
import { decodeHeartbeat, hubOffer, receipt } from '../protocol/ingest.ts';
import { readIngest } from '../protocol/scan.ts';
import { storedText } from './arrival.ts';
import type { Fleet } from './fleet.ts';
import { refuseOther } from './guard.ts';
import type { Receiver } from './receiver.ts';
import { json, Refusal } from './reply.ts';
import type { Route } from './router.ts';

export interface IlaSocParts {
  readonly receiver: Receiver;
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly work: Work;
  readonly scanner: LogScanner;
}

export function ilaSocRoutes({ receiver, fleet, clock, work, scanner }: IlaSocParts): Route[] {
  const register: Route['answer'] = async (request) => {
    const registration = await receiver.read(request, decodeRegistration);
    refuseOther(request.sender, registration.agentId);
    fleet.register({ ...registration, agentId: storedText(registration.agentId) });
    return json(200, {
      status: 'success',
      message: 'Agent registered',
      server_time: new Date(clock.now()).toISOString(),
      almadia: hubOffer(work.encodings, null),
    });
  };
  const heartbeat: Route['answer'] = async (request) => {
    const beat = await receiver.read(request, decodeHeartbeat);
    refuseOther(request.sender, beat.agentId);
    if (fleet.heartbeat({ ...beat, agentId: storedText(beat.agentId) })) {
      return json(200, { status: 'success', message: 'Heartbeat received' });
    }
    throw new Refusal(404, 'AGENT_UNKNOWN', { message: 'This agent is not registered; register it again.' });
  };
  const decode = (body: Uint8Array) => (isBlock(body) ? decodeBlock(body, work) : readIngest(body, scanner));
  const ingest: Route['answer'] = (request) => {
    const dryRun = request.search.get('dry_run') === '1';
    return receiver.receive(request, decode, async (batch) => {
      refuseOther(request.sender, batch.agentId!);
      const counts = dryRun
        ? { stored: batch.records, duplicates: 0 }
        : await receiver.take(batch.agentId!, 'ila-soc', batch);
      return json(200, ingestReply(batch, { ...counts, dryRun }));
    });
  };
  return [
    { method: 'POST', path: '/api/agent/register', access: 'agent', answer: register },
    { method: 'POST', path: '/api/agent/heartbeat', access: 'agent', answer: heartbeat },
    { method: 'POST', path: ingestPath, access: 'agent', answer: ingest },
  ];
}

/** As the original's; it classifies nothing, so nothing is malicious or suspicious. */
function ingestReply(
  { records, batchId }: Incoming,
  { stored, duplicates, dryRun }: { stored: number; duplicates: number; dryRun: boolean },
): object {
  return {
    status: 'success',
    message: dryRun ? 'The batch is well-formed; nothing was stored' : 'Batch stored',
    total: records,
    malicious: 0,
    suspicious: 0,
    results: [],
    ...(batchId === null ? {} : { almadia: receipt(batchId, { records: stored, duplicates }, null) }),
  };
}

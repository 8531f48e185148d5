/** What the hub knows of chains and of what happened: an agent's streams for the agent itself, and events for people. */
import type { AgentStreams, ChainSummary, Event, Range, Store } from '../store/store.ts';
import { storedText } from './arrival.ts';
import type { Fleet } from './fleet.ts';
import { askedAgent } from './fleet-routes.ts';
import { refuseOther } from './guard.ts';
import { json, Refusal } from './reply.ts';
import type { Route, RoutedRequest } from './router.ts';

const streamsPageMax = 1000;
const eventsPageMax = 200;

export interface ChainParts {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly hubId: string;
}

export function chainRoutes({ store, fleet, hubId }: ChainParts): Route[] {
  const streams: Route['answer'] = (request) => {
    const agentId = request.search.get('agent_id') ?? '';
    if (agentId === '') throw new Refusal(400, 'QUERY_INVALID', { message: 'agent_id is missing.' });
    refuseOther(request.sender, agentId);
    const agent = storedText(agentId);
    const page = store.agentStreams(agent, { below: pageBegin(request), max: streamsPageMax });
    return json(200, {
      ...{ status: 'success', hub: hubId, link: store.lastLink(agent, request.search.get('epoch')) },
      streams: page.streams.map(describeStream),
      next: nextOf(page.below),
    });
  };
  const events: Route['answer'] = (request) => {
    const page = { below: pageBegin(request), max: eventsPageMax };
    const found = store.events(askedAgent(request, { fleet, store }), page);
    const below = found.length < eventsPageMax ? null : found.at(-1)!.number;
    return json(200, { status: 'success', events: found.map(describeEvent), next: nextOf(below) });
  };
  const chains: Route['answer'] = (request) => {
    const found = store.chains(askedAgent(request, { fleet, store }));
    return json(200, { status: 'success', chains: found.map(describeChain) });
  };
  return [
    { method: 'GET', path: '/api/agent/streams', access: 'agent', answer: streams },
    { method: 'GET', path: '/api/chains', access: 'key', answer: chains },
    { method: 'GET', path: '/api/events', access: 'key', answer: events },
  ];
}

export function pageBegin({ search }: RoutedRequest): number | null {
  const after = search.get('after');
  if (after === null || after === '') return null;
  const number = Number(after);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Refusal(400, 'QUERY_INVALID', { message: 'after is not the next of a page.' });
}

export function nextOf(below: number | null): string | null {
  return below === null ? null : String(below);
}

function describeStream({ id, path, lines, ranges, gaps, description }: AgentStreams['streams'][number]) {
  return {
    ...{ stream: id, path, lines, ranges: ranges.map(pairOf) },
    gaps: gaps.map((gap) => [...pairOf(gap), gap.reason]),
    description: description === null ? null : (JSON.parse(description) as unknown),
  };
}

function pairOf({ from, to }: Range): [number, number] {
  return [from, to];
}

function describeChain({ contiguousTo, ...head }: ChainSummary) {
  return { ...head, contiguous_to: contiguousTo };
}

function describeEvent({ number, agent, kind, atMs, stream, path, detail }: Event) {
  return { id: number, agent, kind, at: new Date(atMs).toISOString(), stream, path, detail };
}

/** The live tail's route: `GET /api/tail?agent=&q=`. An agent that is not known yet may be watched. */
import { parseQuery } from '../query/parse.ts';
import type { Route } from './router.ts';
import type { Tail } from './tail.ts';

export function tailRoutes(tail: Tail): Route[] {
  const answer: Route['answer'] = ({ search, signal }) => ({
    status: 200,
    // Proxies that buffer replies (nginx) would hold the events back.
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
    body: tail.watch(
      { agent: search.get('agent') || null, query: parseQuery(search.get('q') ?? '').query },
      signal,
    ),
  });
  return [{ method: 'GET', path: '/api/tail', access: 'key', answer }];
}

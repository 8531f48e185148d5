/** Who changed what, over the API: see docs/api.md. */
import { nextOf, pageBegin } from './chain-routes.ts';
import { json } from './reply.ts';
import type { Route } from './router.ts';
import type { NumberedEntry, Trail } from './trail.ts';

const pageMax = 200;

export function trailRoutes(trail: Trail): Route[] {
  const list: Route['answer'] = (request) => {
    const entries = trail.list(pageBegin(request), pageMax);
    const below = entries.length < pageMax ? null : entries.at(-1)!.number;
    return json(200, { status: 'success', entries: entries.map(describe), next: nextOf(below) });
  };
  return [{ method: 'GET', path: '/api/trail', access: 'key', answer: list }];
}

function describe({ number, atMs, ...entry }: NumberedEntry) {
  return { id: number, at: new Date(atMs).toISOString(), ...entry };
}

/** The machine's network. */
import type { Net } from '../net.ts';
import { diagnose } from './diagnose.ts';
import { HttpClient } from './http-client.ts';
import { serve } from './http-server.ts';
import { Trust } from './trust.ts';

export function nodeNet(): Net {
  const trust = new Trust();
  const client = new HttpClient(trust);
  return {
    send: (request, signal) => client.send(request, signal),
    serve,
    diagnose: (url, options) => diagnose(trust, url, options),
  };
}

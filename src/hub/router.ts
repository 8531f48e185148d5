/**
 * From method and path to the route that answers. Paths are matched by find-my-way; a trailing slash makes no
 * difference. Paths only ever choose among the routes given here: nothing in a request becomes a file name.
 */
import findMyWay from 'find-my-way';
import type { HttpRequest, RequestHead, ServerReply } from '../host/net.ts';
import type { Sender } from './guard.ts';
import { Refusal } from './reply.ts';

export type Method = 'GET' | 'POST' | 'DELETE';

export interface Route {
  readonly method: Method;
  /** With `:name` for a part that is a parameter. */
  readonly path: string;
  /** `key`: the hub's own key or a log-in. `agent`: an agent's key too. `open`: anybody. */
  readonly access: 'key' | 'agent' | 'open';
  readonly answer: (request: RoutedRequest) => Promise<ServerReply> | ServerReply;
}

export interface RoutedRequest extends HttpRequest {
  /** The path's parameters, decoded. */
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly search: URLSearchParams;
  readonly sender: Sender;
}

export interface Matched extends Pick<RoutedRequest, 'params' | 'search'> {
  readonly route: Route;
}

interface Found {
  readonly route: Route;
  readonly params: RoutedRequest['params'];
}

/** An agent's id is at most 1024 characters (the source of protocol A), each up to nine when percent-encoded. */
const parameterCharactersMax = 9 * 1024;

const methods: readonly Method[] = ['GET', 'POST', 'DELETE'];

export class Router {
  readonly #router = findMyWay({ ignoreTrailingSlash: true, maxParamLength: parameterCharactersMax });

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#router.on(route.method, route.path, () => undefined, route);
  }

  /** HEAD is taken for open GET routes only. Throws `Refusal` 404 or 405. */
  match(request: RequestHead): Matched {
    const found = this.#find(request.method === 'HEAD' ? 'GET' : request.method, request.path);
    if (
      found === null ||
      (request.method === 'HEAD' && found.route.access !== 'open') ||
      this.#isShadowed(found, request.path)
    ) {
      throw this.#refuse(request);
    }
    return { ...found, search: new URLSearchParams(request.query) };
  }

  #find(method: string, path: string): Found | null {
    if (!methods.includes(method as Method)) return null;
    const found = this.#router.find(method as Method, path);
    return found === null ? null : { route: found.store as Route, params: found.params };
  }

  /** A path that is a route by itself is no parameter of another: no agent is called `register`. */
  #isShadowed({ params }: Found, path: string): boolean {
    if (Object.keys(params).length === 0) return false;
    return methods.some((method) => {
      const other = this.#find(method, path);
      return other !== null && Object.keys(other.params).length === 0;
    });
  }

  #refuse({ method, path }: RequestHead): Refusal {
    const found = methods.map((other) => this.#find(other, path)).filter((other) => other !== null);
    const allowed = found.filter((other) => !this.#isShadowed(other, path)).map(({ route }) => route.method);
    if (allowed.length === 0) {
      return new Refusal(404, 'PATH_UNKNOWN', { message: 'There is nothing at this path of the hub.' });
    }
    return new Refusal(405, 'METHOD_WRONG', {
      message: `${method} is not possible here; ${allowed.join(' or ')} is.`,
      headers: { allow: allowed.join(', ') },
    });
  }
}

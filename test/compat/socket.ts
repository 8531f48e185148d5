/** Puts a `handle(request) -> reply` on a real socket of the loopback, and keeps what came over the wire. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpRequest, ServerReply } from '../../src/host/net.ts';

export interface SocketServer extends AsyncDisposable {
  readonly url: string;
}

export async function serveOnSocket(
  handle: (request: HttpRequest) => Promise<ServerReply>,
): Promise<SocketServer> {
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const [path, query = ''] = incoming.url!.split('?');
      const headers = Object.fromEntries(
        Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
      );
      const request: HttpRequest = {
        method: incoming.method!,
        path: path!,
        query,
        headers,
        body: Buffer.concat(chunks),
        remoteAddress: incoming.socket.remoteAddress ?? '',
        signal: new AbortController().signal,
      };
      void handle(request).then((reply) => {
        outgoing.writeHead(reply.status, { ...reply.headers }).end(reply.body);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

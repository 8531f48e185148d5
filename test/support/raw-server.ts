/** For tests: a server that writes bytes as it is told, for replies that no well-behaved server would send. */
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface RawServer extends AsyncDisposable {
  readonly port: number;
  /** Bodies of the requests that came whole, in order. */
  readonly bodies: readonly string[];
}

/** `reply` is called for every whole request with its number, counted from 0. */
export async function serveRaw(reply: (socket: Socket, number: number) => void): Promise<RawServer> {
  const bodies: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    let received = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      for (let body = take(); body !== null; body = take()) reply(socket, bodies.push(body) - 1);
    });
    const take = (): string | null => {
      const headEnd = received.indexOf('\r\n\r\n');
      if (headEnd < 0) return null;
      const length = Number(
        /content-length: (\d+)/i.exec(received.subarray(0, headEnd).toString())?.[1] ?? 0,
      );
      const end = headEnd + 4 + length;
      if (received.length < end) return null;
      const body = received.subarray(headEnd + 4, end).toString();
      received = received.subarray(end);
      return body;
    };
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    bodies,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

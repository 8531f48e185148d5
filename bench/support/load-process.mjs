// Posts one prepared body again and again over `node:net`, each connection waiting for its replies: what a receiver can
// take when its sender does no work at all. A process of its own.
// Usage: node load-process.mjs PORT PATH CONNECTIONS POSTS ENCODING < body; says the seconds on standard output.
import { once } from 'node:events';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';

const [port, path, connections, posts, encoding] = process.argv.slice(2);
const body = await buffer(process.stdin);
const head = Buffer.from(
  [
    ...[`POST ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'X-API-Key: bench', 'Content-Type: application/json'],
    ...(encoding === 'none' ? [] : [`Content-Encoding: ${encoding}`]),
    ...[`Content-Length: ${body.length}`, '', ''],
  ].join('\r\n'),
);

let left = Number(posts);
const started = performance.now();
await Promise.all(Array.from({ length: Number(connections) }, post));
console.log(((performance.now() - started) / 1000).toFixed(6));

async function post() {
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  while (left > 0) {
    left -= 1;
    socket.cork();
    socket.write(head);
    socket.write(body);
    socket.uncork();
    // The replies are small: each comes as one piece.
    const [reply] = await once(socket, 'data');
    if (!reply.toString('latin1').startsWith('HTTP/1.1 200')) throw new Error(reply.toString());
  }
  socket.destroy();
}

/**
 * A Unix socket that only its owner can ever connect to. It is made in a directory of mode 0700, given mode 0600
 * there, and only then renamed to its place: changing the process's umask instead would touch files that other
 * threads make at that moment.
 */
import { chmod, lstat, mkdtemp, rename, rm, rmdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { NetError } from '../net.ts';

/** sockaddr_un has 108 bytes on Linux and 104 on others, with a NUL; longer names would be cut without a word. */
const pathBytesMax = 103;

/** Gives what removes the socket again. Rejects with EADDRINUSE when somebody answers there. */
export async function listenOnSocket(server: Server, path: string): Promise<() => Promise<void>> {
  await checkPlace(path);
  // Not `join`, which takes the dot away: the directory beside would be the parent, where others may write or nobody may.
  const nursery = await mkdtemp(`${dirname(path)}/.`);
  try {
    const newborn = join(nursery, 's');
    checkLength(newborn);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(newborn, resolve);
    });
    await chmod(newborn, 0o600);
    await rename(newborn, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(join(nursery, 's'), { force: true });
    await rmdir(nursery);
  }
  const { ino } = await lstat(path);
  return () => removeOwn(path, ino);
}

/** Another process may have taken the place since. */
async function removeOwn(path: string, inode: number): Promise<void> {
  const now = await lstat(path).catch(() => null);
  if (now?.ino === inode) await rm(path, { force: true });
}

/** A socket left behind by a process that died is replaced; anything else that lies there is left alone. */
async function checkPlace(path: string): Promise<void> {
  checkLength(path);
  const there = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (there === null) return;
  if (!there.isSocket()) throw new NetError('EEXIST', `${path} is there and is not a socket`);
  if (await answers(path)) throw new NetError('EADDRINUSE', `another process listens on ${path}`);
}

function checkLength(path: string): void {
  if (Buffer.byteLength(path) > pathBytesMax) {
    throw new NetError('ENAMETOOLONG', `the path of a socket has at most ${pathBytesMax} bytes: ${path}`);
  }
}

/** Only a refusal proves that nobody is there; a full queue or a missing right means that somebody is. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

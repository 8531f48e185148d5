/** For tests: the machine after a restart that gave its file systems other device numbers. */
import type { FileHandle, FileStat } from '../../src/host/disk.ts';
import type { Host } from '../../src/host/host.ts';

export function otherDevice(host: Host): Host {
  const moved = (stat: FileStat): FileStat => ({ ...stat, device: stat.device + 7n });
  const disk: Host['disk'] = {
    ...host.disk,
    stat: async (path) => moved(await host.disk.stat(path)),
    open: async (path, mode, permissions) => {
      const handle = await host.disk.open(path, mode, permissions);
      return {
        read: (target, at) => handle.read(target, at),
        write: (bytes) => handle.write(bytes),
        stat: async () => moved(await handle.stat()),
        sync: () => handle.sync(),
        close: () => handle.close(),
      } satisfies FileHandle;
    },
  };
  return { ...host, disk };
}

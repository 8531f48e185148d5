/** What kind of file system holds a path, told by the magic number that statfs(2) gives. */
import type { Volume } from '../disk.ts';

/** From statfs(2) and the kernel's linux/magic.h. */
const typeByMagic: ReadonlyMap<bigint, string> = new Map([
  [0xef53n, 'ext4'],
  [0x58465342n, 'xfs'],
  [0x9123683en, 'btrfs'],
  [0xca451a4en, 'bcachefs'],
  [0x2fc12fc1n, 'zfs'],
  [0xf2f52010n, 'f2fs'],
  [0x3153464an, 'jfs'],
  [0x52654973n, 'reiserfs'],
  [0x4d44n, 'vfat'],
  [0x2011bab0n, 'exfat'],
  [0x7366746en, 'ntfs3'],
  [0x5346544en, 'ntfs'],
  [0x73717368n, 'squashfs'],
  [0xe0f5e1e2n, 'erofs'],
  [0x9660n, 'iso9660'],
  [0xf15fn, 'ecryptfs'],
  [0x01021994n, 'tmpfs'],
  [0x858458f6n, 'ramfs'],
  [0x958458f6n, 'hugetlbfs'],
  [0x794c7630n, 'overlay'],
  [0x6969n, 'nfs'],
  [0xff534d42n, 'cifs'],
  [0xfe534d42n, 'smb2'],
  [0x517bn, 'smb'],
  [0x65735546n, 'fuse'],
  [0x01021997n, '9p'],
  [0x00c36400n, 'ceph'],
  [0x5346414fn, 'afs'],
  [0x0bd00bd0n, 'lustre'],
  [0x47504653n, 'gpfs'],
  [0x7461636fn, 'ocfs2'],
  [0x01161970n, 'gfs2'],
  [0x786f4256n, 'vboxsf'],
  [0x9fa0n, 'proc'],
  [0x62656572n, 'sysfs'],
]);

const inMemory: ReadonlySet<string> = new Set(['tmpfs', 'ramfs', 'hugetlbfs']);

/** Changes made by another machine cause no events here. `fuse` may be sshfs as well as a local disk. */
const remote: ReadonlySet<string> = new Set(
  'nfs cifs smb2 smb fuse 9p ceph afs lustre gpfs ocfs2 gfs2 vboxsf'.split(' '),
);

/** Emptied when the machine starts, whatever holds them. */
const emptiedAtStart = ['/run', '/var/run', '/dev/shm'];

/** `realPath` has its links resolved. `bavail` counts what is free for ordinary users. */
export function volumeOf(
  realPath: string,
  statfs: { readonly type: bigint; readonly bavail: bigint; readonly bsize: bigint },
): Volume {
  const type = typeByMagic.get(BigInt.asUintN(32, statfs.type)) ?? 'unknown';
  return {
    type,
    freeBytes: Number(statfs.bavail * statfs.bsize),
    losesDataAtReboot: inMemory.has(type) || emptiedAtStart.some((root) => isWithin(realPath, root)),
    remote: remote.has(type),
  };
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

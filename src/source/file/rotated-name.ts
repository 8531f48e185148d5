/** What stands beside a log without being one. */
const sideFile = /\.(lock|lck|pid|pos|idx|tmp|swp)$/i;
/** Numbers, dates and times, and the words for what was. */
const rotation = /^([-._]+(\d[\dTZ:+]*|old|prev|previous|last|bak|backup|rotated|archived?))+$/i;

/**
 * What rotation makes of a name: app.log.1, app.log-20260101, app-20260101.log, app.1.log for app.log. Pure. Before the
 * extension only numbers, dates and a few words count: app-error.log is another log.
 */
export function isRotatedName(path: string, other: string): boolean {
  if (sideFile.test(other)) return false;
  if (other.startsWith(path)) return /^[-._]/.test(other.slice(path.length));
  const dot = path.lastIndexOf('.');
  if (dot <= path.lastIndexOf('/')) return false;
  const [stem, extension] = [path.slice(0, dot), path.slice(dot)];
  if (!other.startsWith(stem) || !other.endsWith(extension)) return false;
  return rotation.test(other.slice(stem.length, other.length - extension.length));
}

/**
 * What compressing adds to a name or to what rotation made of it: app.log.gz, app.log.1.gz, app-20260101.log.gz for
 * app.log; and app.log.2.gz for app.log.1, which may have been renamed once more before it was compressed. Pure.
 */
export function isArchiveName(path: string, other: string): boolean {
  if (!/\.gz(ip)?([-._]|$)/i.test(other.slice(other.lastIndexOf('/')))) return false;
  const plain = other.replace(/\.gz(ip)?(?=[-._]|$)/i, '');
  return plain === path || isRotatedName(path, plain) || withoutNumbers(plain) === withoutNumbers(path);
}

/** A path without the numbers and dates that rotation puts into names. */
function withoutNumbers(path: string): string {
  return path.replace(/[-._]\d[-\d._T:]*(?=[.]|$)/g, '');
}

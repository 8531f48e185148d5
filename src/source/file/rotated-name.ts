/** What rotation makes of a name: app.log.1, app.log-20260101, app-20260101.log, app.1.log for app.log. Pure. */
export function isRotatedName(path: string, other: string): boolean {
  if (other.startsWith(path)) return /^[-._]/.test(other.slice(path.length));
  const dot = path.lastIndexOf('.');
  if (dot <= path.lastIndexOf('/')) return false;
  const [stem, extension] = [path.slice(0, dot), path.slice(dot)];
  const middle = other.slice(stem.length, other.length - extension.length);
  return other.startsWith(stem) && other.endsWith(extension) && /^[-._]/.test(middle);
}

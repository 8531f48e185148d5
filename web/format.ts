/** How numbers, sizes and times are written on the page. Pure; times are milliseconds since the epoch. */

const counts = new Intl.NumberFormat('en');

/** 1234567 -> 1,234,567; null (not known) -> an en dash. */
export function formatCount(count: number | null): string {
  return count === null ? '–' : counts.format(count);
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function formatBytes(bytes: number | null): string {
  if (bytes === null) return '–';
  let amount = bytes;
  let unit = 0;
  while (amount >= 1023.95 && unit < byteUnits.length - 1) {
    amount /= 1024;
    unit++;
  }
  return unit === 0 ? `${counts.format(amount)} B` : `${amount.toFixed(1)} ${byteUnits[unit]}`;
}

/** How long ago, in the largest unit that says enough. A time slightly ahead (clocks differ) reads as now. */
export function formatAgo(agoMs: number): string {
  const seconds = Math.floor(agoMs / 1000);
  if (seconds < 2) return 'now';
  if (seconds < 60) return `${seconds} s ago`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ago`;
  return `${counts.format(Math.floor(hours / 24))} d ago`;
}

/** How long something has lasted: 12 s, 5 min, 3 h, 4 d. */
export function formatWait(waitMs: number): string {
  const seconds = Math.ceil(waitMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${counts.format(Math.floor(seconds / 86_400))} d`;
}

/** 10:43:12.123 in the local zone, with the date before it (11-22) where that is not today. */
export function formatClock(timeMs: number, nowMs: number): string {
  const time = new Date(timeMs);
  if (Number.isNaN(time.getTime())) return '–';
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${three(time.getMilliseconds())}`;
  return time.toDateString() === new Date(nowMs).toDateString() ? clock : `${monthDay(time)} ${clock}`;
}

/** The whole time with its offset from UTC, for a tool tip: 2025-11-22 10:43:12.123 +01:00. */
export function formatInstant(timeMs: number): string {
  const time = new Date(timeMs);
  if (Number.isNaN(time.getTime())) return '–';
  const offsetMinutes = -time.getTimezoneOffset();
  const sign = offsetMinutes < 0 ? '-' : '+';
  const offset = `${sign}${two(Math.floor(Math.abs(offsetMinutes) / 60))}:${two(Math.abs(offsetMinutes) % 60)}`;
  return `${time.getFullYear()}-${monthDay(time)} ${formatClock(timeMs, timeMs)} ${offset}`;
}

function monthDay(time: Date): string {
  return `${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function three(value: number): string {
  return String(value).padStart(3, '0');
}

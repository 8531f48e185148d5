/** The machine's network. */
import { type Net, NetError } from '../net.ts';

export function nodeNet(): Net {
  const missing = () => Promise.reject(new NetError('ENOSYS', 'to be built'));
  return { send: missing, serve: missing, diagnose: missing };
}

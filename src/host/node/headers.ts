/** Headers as the program sees them: names in lower case, several values of one name joined. */
import type { IncomingMessage } from 'node:http';
import type { Headers } from '../net.ts';

export function flatHeaders(message: IncomingMessage): Headers {
  return Object.fromEntries(
    Object.entries(message.headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')]),
  );
}

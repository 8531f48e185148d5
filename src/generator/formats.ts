/**
 * How an event is written as one line. Every format carries `sequence_id`, which grows by one with each line, so that
 * a reader can see a hole or a repeat.
 */
import type { Dice } from './dice.ts';
import type { EventKind } from './kinds.ts';
import { exampleAddress } from './kinds.ts';

export type GeneratorFormat = 'json' | 'nginx' | 'syslog';

/** What every line knows besides its event. */
export interface LineStamp {
  readonly sequence: number;
  /** UTC, such as 2025-01-01T00:00:00.000Z. Made by the caller, who can use one text for many lines. */
  readonly time: string;
  readonly hostname: string;
}

/** One line without its line end. */
export function formatLine(
  format: GeneratorFormat,
  stamp: LineStamp,
  event: { readonly kind: EventKind; readonly dice: Dice },
): string {
  switch (format) {
    case 'json':
      return jsonLine(stamp, event.kind, event.dice);
    case 'nginx':
      return nginxLine(stamp, event.dice);
    case 'syslog':
      return syslogLine(stamp, event.kind, event.dice);
  }
}

/** The last sequence id in a text of any of the formats; null when there is none. */
export function lastSequenceIn(text: string): number | null {
  const found = [...text.matchAll(/sequence_id(?:":|=)(\d{1,15})(?!\d)/g)].at(-1)?.[1];
  return found === undefined ? null : Number(found);
}

function jsonLine(stamp: LineStamp, kind: EventKind, dice: Dice): string {
  const { message, context } = kind.tell(dice);
  return JSON.stringify({
    timestamp: stamp.time,
    sequence_id: stamp.sequence,
    level: dice.pick(kind.levels),
    service: kind.service,
    event: kind.name,
    message,
    context,
  });
}

/** The combined format of nginx, in UTC. */
function nginxLine(stamp: LineStamp, dice: Dice): string {
  const path = dice.pick(['/', '/api/recargas', '/api/pagos', '/api/saldo', '/b%C3%BAsqueda', '/estilo.css']);
  const request = `${dice.pick(['GET', 'GET', 'GET', 'POST'])} ${path}?sequence_id=${stamp.sequence} HTTP/1.1`;
  const status = dice.pick([200, 200, 200, 200, 201, 301, 304, 404, 500]);
  const agent = dice.pick(['Mozilla/5.0 (X11; Linux x86_64)', 'curl/8.5.0', 'Telefonía/2.1 (español)']);
  return `${exampleAddress(dice)} - - [${nginxTime(stamp.time)}] "${request}" ${status} ${dice.whole(120, 60_000)} "-" "${agent}"`;
}

/** The form in which syslog daemons write files (RFC 3164 without its priority), in UTC. */
function syslogLine(stamp: LineStamp, kind: EventKind, dice: Dice): string {
  const { message } = kind.tell(dice);
  const tag = `${kind.service}[${dice.whole(300, 32_000)}]`;
  return `${syslogTime(stamp.time)} ${stamp.hostname} ${tag}: ${dice.pick(kind.levels)} ${message} sequence_id=${stamp.sequence}`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function nginxTime(time: string): string {
  return `${time.slice(8, 10)}/${monthOf(time)}/${time.slice(0, 4)}:${time.slice(11, 19)} +0000`;
}

function syslogTime(time: string): string {
  return `${monthOf(time)} ${time.slice(8, 10).replace(/^0/, ' ')} ${time.slice(11, 19)}`;
}

function monthOf(time: string): string {
  return months[Number(time.slice(5, 7)) - 1]!;
}

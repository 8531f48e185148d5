/**
 * `almadia search`: asks a hub, a page after another, until there are as many lines as wanted. With `--follow` it asks
 * again each second for what has come since; lines are told apart by their ids, so none is shown twice.
 */
import { AlmadiaError } from '../host/errors.ts';
import { NetError } from '../host/net.ts';
import { describeNetFailure, shownUrl } from '../output/net-causes.ts';
import { describeReply, replyObject } from '../protocol/answers.ts';
import { isObject } from '../protocol/received.ts';
import type { CommandContext } from './command.ts';
import { keyFromFile } from './key-file.ts';
import { integerOption } from './options.ts';
import { problemText } from './report.ts';
import { plain, plainLines } from './show.ts';

const linesMax = 1_000_000;
const pageLinesMax = 1000;
const replyBytesMax = 64 * 1024 * 1024;
const timeoutMs = 120_000;
const pollMs = 1000;
/** A line is shown by the hub a little after the time at which it was received: once its batch is on the disk. */
const overlapMs = 30_000;
const exits = { found: 0, nothing: 1, failed: 2 };

interface FoundLine {
  readonly id: string;
  readonly agent: string;
  readonly source: string;
  readonly text: string;
  readonly received_at: string;
}

interface Page {
  readonly lines: readonly FoundLine[];
  readonly next: string | null;
  readonly notes: readonly { readonly at: number; readonly to: number; readonly message: string }[];
}

export async function run(context: CommandContext): Promise<number> {
  const stop = new AbortController();
  const off = (['SIGINT', 'SIGTERM'] as const).map((name) => context.signals.on(name, () => stop.abort()));
  try {
    const limit = integerOption(context.options, 'limit', { min: 1, max: linesMax })!;
    const key = context.options.text('key') ?? (await keyFromFile(context, 'almadia search'));
    const ask = asker(context, key ?? context.host.process.environment.ALMADIA_KEY ?? '', stop.signal);
    const follows = context.options.flag('follow');
    const count = follows
      ? await follow(context, { ask, limit, signal: stop.signal })
      : await once(context, ask, limit);
    return count > 0 ? exits.found : exits.nothing;
  } catch (error) {
    if (stop.signal.aborted) return exits.found;
    if (!(error instanceof AlmadiaError)) throw error;
    context.console.err(problemText(error, context.language));
    return exits.failed;
  } finally {
    for (const one of off) one();
  }
}

type Ask = (asked: {
  readonly cursor: string | null;
  readonly since: string | undefined;
  readonly limit: number;
}) => Promise<Page>;

async function once(context: CommandContext, ask: Ask, limit: number): Promise<number> {
  let count = 0;
  let cursor: string | null = null;
  const since = context.options.text('since');
  do {
    const first = cursor === null;
    const page: Page = await ask({ cursor, since, limit: Math.min(limit - count, pageLinesMax) });
    if (first) tellNotes(context, page);
    for (const line of page.lines) await context.console.write(shown(context, line));
    count += page.lines.length;
    cursor = page.next;
  } while (cursor !== null && count < limit);
  return count;
}

async function follow(
  context: CommandContext,
  { ask, limit, signal }: { readonly ask: Ask; readonly limit: number; readonly signal: AbortSignal },
): Promise<number> {
  const { clock } = context.host;
  /** Ids of lines that may be given again, with the time at which they were received. */
  let known = new Map<string, number>();
  let count = 0;
  let newestMs: number | null = null;
  while (!signal.aborted) {
    const since: string | undefined =
      newestMs === null ? context.options.text('since') : new Date(newestMs - overlapMs).toISOString();
    const fresh: FoundLine[] = [];
    let cursor: string | null = null;
    do {
      const page: Page = await ask({
        cursor,
        since,
        limit: newestMs === null ? Math.min(limit, pageLinesMax) : pageLinesMax,
      });
      if (newestMs === null && cursor === null) tellNotes(context, page);
      fresh.push(...page.lines.filter(({ id }) => !known.has(id)));
      cursor = page.next;
    } while (cursor !== null && (newestMs !== null || fresh.length < limit) && fresh.length < linesMax);
    for (const line of fresh.reverse()) {
      await context.console.write(shown(context, line));
      known.set(line.id, Date.parse(line.received_at));
    }
    count += fresh.length;
    newestMs = Math.max(newestMs ?? 0, ...fresh.slice(-1).map((line) => Date.parse(line.received_at)));
    if (newestMs === 0) newestMs = clock.now();
    const oldestMs = newestMs - overlapMs;
    known = new Map([...known].filter(([, receivedMs]) => receivedMs >= oldestMs));
    await clock.sleep(pollMs, signal);
  }
  return count;
}

/** Throws SEARCH_HUB_SILENT. */
function asker(
  { host, language, options, version, arguments: words }: CommandContext,
  key: string,
  signal: AbortSignal,
): Ask {
  const url = options.text('hub')!.replace(/\/+$/, '');
  const headers = { 'x-api-key': key, 'user-agent': `almadia/${version}` };
  const silent = (cause: string) => new AlmadiaError('SEARCH_HUB_SILENT', { url: shownUrl(url), cause });
  return async ({ cursor, since, limit }) => {
    const search = new URLSearchParams({ q: words.join(' '), limit: String(limit) });
    const given = {
      cursor,
      since,
      until: options.text('until'),
      agent: options.text('agent'),
      source: options.text('source'),
    };
    for (const [name, value] of Object.entries(given)) if (value) search.set(name, value);
    const request = {
      method: 'GET',
      url: `${url}/api/search?${search}`,
      headers,
      body: [],
      timeoutMs,
      replyBytesMax,
    } as const;
    const reply = await host.net.send(request, signal).catch((error: unknown) => {
      if (!(error instanceof NetError)) throw error;
      throw silent(describeNetFailure(url, error, language));
    });
    const page = reply.status === 200 ? readPage(replyObject(reply)) : null;
    if (page === null) throw silent(describeReply(reply));
    return page;
  };
}

function readPage(object: Readonly<Record<string, unknown>> | null): Page | null {
  if (object === null || !Array.isArray(object.lines) || !Array.isArray(object.notes)) return null;
  const lines = object.lines.filter(isFoundLine);
  const notes = object.notes.filter(isObject) as unknown as Page['notes'];
  return { lines, notes, next: typeof object.next === 'string' ? object.next : null };
}

function isFoundLine(value: unknown): value is FoundLine {
  return (
    isObject(value) &&
    ['id', 'agent', 'source', 'text', 'received_at'].every((name) => typeof value[name] === 'string')
  );
}

/** With a caret below what each is about. */
function tellNotes({ console, arguments: words }: CommandContext, { notes }: Page): void {
  const query = plain(words.join(' '));
  for (const { at, to, message } of notes) {
    console.err(
      `${query}\n${' '.repeat(Number(at) || 0)}${'^'.repeat(Math.max(1, Number(to) - Number(at) || 0))}\n${plain(String(message))}\n`,
    );
  }
}

function shown({ options }: CommandContext, line: FoundLine): string {
  if (options.flag('json')) return `${JSON.stringify(line)}\n`;
  return `${plain(`${line.received_at} ${line.agent} ${line.source}`)} ${plainLines(line.text).replaceAll('\n', '?')}\n`;
}

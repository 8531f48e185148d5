/**
 * The output that carries any protocol over HTTP: it keeps the session (registration, the envelope, gzip, the key),
 * sends one request for a batch, and turns every failure into an outcome. Nothing is retried here but two things that
 * are not the batch's business: a refused key is read again once, and an agent that the destination has forgotten is
 * registered once.
 *
 * Several batches may be given at once. They are encoded and compressed at once; where the protocol has ranges they are
 * sent at once too, else one after another in the order in which they were given, and none after one that was not acked.
 *
 * What the destination can do is learned at registration, and again after anything but a success: another server, or
 * another version of it, may answer then. So the first request to a destination that was away is a small one.
 */
import type { Batch, BatchBody } from '../event/batch.ts';
import type { Hold } from '../event/hold.ts';
import type { Outcome } from '../event/outcome.ts';
import type { Host } from '../host/host.ts';
import type { HttpReply } from '../host/net.ts';
import { NetError } from '../host/net.ts';
import type { Encoding } from '../host/work.ts';
import { type LineMemory, openLineMemory } from '../lines/line-memory.ts';
import { collectStreams, type HubStream, readStreamsPage } from '../protocol/agent-streams.ts';
import { replyObject } from '../protocol/answers.ts';
import { runHeader } from '../protocol/chain.ts';
import { headersOf } from '../protocol/ila-soc.ts';
import type { Encoded, HeartbeatReport, Protocol, Session, WireRequest } from '../protocol/protocol.ts';
import { describeNetFailure } from './net-causes.ts';
import type { Chaining, Delivery, Output } from './output.ts';
import { nothingSetAside } from './output.ts';

/** The deployed server of `ila-soc` answers with a result for every record; longer replies are cut off, bytes. */
const REPLY_BYTES_MAX = 32 * 1024 * 1024;

/** Smaller bodies are not worth compressing, bytes. */
const COMPRESSED_BYTES_MIN = 1024;

/**
 * Batches on their way at once: one is written to the network while others are compressed, sent or answered. More bring
 * nothing on two cores, and each holds its memory.
 */
const IN_FLIGHT_MAX = 4;
/** Of a thousand streams each: older ones are not asked for. */
const STREAM_PAGES_MAX = 200;
/** One is sent, and the next is made ready. */
const PREPARED_MAX = 2;

export interface HttpOutputOptions {
  readonly protocol: Protocol;
  /** Without a trailing slash; the protocol's paths are appended. */
  readonly baseUrl: string;
  readonly agent: Pick<Session, 'agentId' | 'hostname' | 'osType' | 'version'>;
  readonly key: string;
  /** Reads the key again where it may have changed since; null: it cannot. */
  readonly freshKey: (() => Promise<string | null>) | null;
  readonly ca: string | null;
  /** The agent's own, PEM text; absent: none. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined;
  readonly timeoutMs: number;
  readonly gzip: 'auto' | 'never';
  /** Where requests are written; without one, in a memory of its own. */
  readonly lineMemory?: LineMemory | undefined;
  /** Joins batches by links; without it no chain is asked for. */
  readonly chaining?: Chaining | undefined;
}

type Machine = Pick<Host, 'net' | 'work' | 'clock'>;

/** A reply, or why there is none. */
type Exchange = { readonly reply: HttpReply } | { readonly failed: Outcome };

export function openHttpOutput(host: Machine, options: HttpOutputOptions): Output {
  const { protocol } = options;
  const { presence } = protocol;
  let session: Session = { ...options.agent, key: options.key, envelope: 0, gzip: false };
  /** Whether the session is what the destination said last. */
  let registered = presence === null;
  /** Which process of the hub answered last. */
  let run: string | undefined;
  const lineMemory = options.lineMemory ?? openLineMemory();

  return {
    limits: protocol.limits,
    get inFlightMax() {
      return session.envelope > 0 ? IN_FLIGHT_MAX : PREPARED_MAX;
    },
    connect,
    send,
    heartbeat,
    ...(options.chaining === undefined ? {} : { streams }),
    close: () => Promise.resolve(),
  };

  async function connect(signal: AbortSignal): Promise<Outcome | null> {
    return registered ? null : register(signal);
  }

  async function send(
    batch: Batch,
    body: BatchBody,
    signal: AbortSignal,
    turn: Promise<boolean> = Promise.resolve(true),
  ): Promise<Delivery> {
    const given = { batch, body, signal, turn };
    const first = await sendOnce(given);
    return first.forgotten ? (await sendOnce(given)).delivery : first.delivery;
  }

  async function heartbeat(report: HeartbeatReport, signal: AbortSignal): Promise<Outcome | null> {
    if (presence === null) return null;
    const refusal = await connect(signal);
    if (refusal !== null) return refusal;
    const answer = await exchange(() => presence.heartbeat(session, report), signal);
    if ('failed' in answer) return answer.failed;
    const beaten = presence.beaten(answer.reply, host.clock.now());
    if (beaten.kind === 'unknown') return register(signal);
    if (beaten.kind !== 'acked') return doubt(beaten);
    return session.envelope > 0 && (report.events?.length ?? 0) > 0 ? beaten : null;
  }

  async function streams(signal: AbortSignal): Promise<readonly HubStream[] | null> {
    if ((await connect(signal)) !== null) return null;
    const found = await collectStreams(session, STREAM_PAGES_MAX, async (path) => {
      const request: WireRequest = { method: 'GET', path, headers: headersOf(session), body: [] };
      const answer = await exchange(() => request, signal);
      const body = 'reply' in answer && answer.reply.status === 200 ? replyObject(answer.reply) : null;
      return body === null ? null : readStreamsPage(body);
    });
    return found?.streams ?? null;
  }

  /** Null when the destination knows the agent now. */
  async function register(signal: AbortSignal): Promise<Outcome | null> {
    if (presence === null) return null;
    const registering = options.chaining?.registering();
    const asking =
      registering === undefined
        ? session
        : { ...session, instance: options.chaining!.instance, epoch: registering.epoch };
    const answer = await exchange(() => presence.register(asking), signal);
    if ('failed' in answer) return answer.failed;
    const result = presence.registered(answer.reply, host.clock.now());
    if (result.kind !== 'registered') return doubt(result);
    const { envelope, gzip, block, encodings, chain, hub, link } = result;
    await registering?.done(hub === null ? null : { hub, link });
    session = { ...session, envelope, gzip, block, encodings, chain, hub };
    registered = true;
    return null;
  }

  /** `forgotten`: the destination did not know the path or the agent; after registering again it may. */
  async function sendOnce(
    given: Given,
  ): Promise<{ readonly delivery: Delivery; readonly forgotten: boolean }> {
    const { batch, body, signal } = given;
    const wasRegistered = registered;
    const refusal = await connect(signal);
    if (refusal !== null) return { delivery: { outcome: refusal, ...nothingSetAside }, forgotten: false };
    const epoch = options.chaining?.epoch ?? null;
    // An epoch has begun since the batch got its link.
    if (epoch !== null && batch.chain?.epoch !== epoch) {
      return { delivery: { outcome: unsent, ...nothingSetAside }, forgotten: false };
    }
    const { hub = null, agentId } = session;
    const witness = hub === null ? undefined : { hub, agentId, work: host.work };
    const encoded = protocol.encode(batch, body, session, lineMemory);
    const answer = await sendEncoded(encoded, given);
    const { blank, cut } = encoded;
    if ('outcome' in answer) return { delivery: { outcome: answer.outcome, blank, cut }, forgotten: false };
    const outcome = protocol.classify(answer.reply, { batch, encoded, nowMs: host.clock.now(), witness });
    const forgotten = answer.reply.status === 404 && presence !== null && wasRegistered;
    return { delivery: { outcome: doubt(outcome), blank, cut }, forgotten };
  }

  /** The reply to a batch, or the outcome where there is none; lets go of the request's bytes. */
  async function sendEncoded(
    encoded: Encoded,
    { signal, turn }: Given,
  ): Promise<{ readonly reply: HttpReply } | { readonly outcome: Outcome }> {
    let hold: Hold | null = encoded.hold;
    try {
      if (encoded.request === null) return { outcome: nothingToSend };
      const tooLarge = refuseTooLarge(encoded);
      if (tooLarge !== null) return { outcome: tooLarge };
      const request = await compressed(encoded.request);
      if (request !== encoded.request) {
        // What was compressed need not be kept until the reply.
        hold.release();
        hold = null;
      }
      if (encoded.envelope === 0 && !(await turn)) return { outcome: unsent };
      const answer = await exchange(() => request, signal);
      return 'failed' in answer ? { outcome: answer.failed } : answer;
    } finally {
      hold?.release();
    }
  }

  /** The protocol's limit is kept here too: a batch may have been closed under another limit. */
  function refuseTooLarge(encoded: Encoded): Outcome | null {
    const bytesMax = protocol.limits.bodyBytesMax;
    const bytes = lengthOf(encoded.request?.body ?? []);
    if (bytesMax === null || bytes <= bytesMax) return null;
    const reason = `the request would take ${bytes} bytes, the limit is ${bytesMax}`;
    return { kind: 'rejected', cause: 'size', reason };
  }

  /** A request and its reply; once more when the key was refused and there is another one now. */
  async function exchange(request: () => WireRequest, signal: AbortSignal): Promise<Exchange> {
    const first = await exchangeOnce(request(), signal);
    const refused = 'reply' in first && (first.reply.status === 401 || first.reply.status === 403);
    return refused && (await renewKey()) ? exchangeOnce(request(), signal) : first;
  }

  async function exchangeOnce(request: WireRequest, signal: AbortSignal): Promise<Exchange> {
    const url = `${options.baseUrl}${request.path}`;
    try {
      const reply = await host.net.send(
        {
          method: request.method,
          url,
          // The key may have been renewed since the request was made.
          headers: { ...request.headers, 'x-api-key': session.key },
          body: request.body,
          timeoutMs: options.timeoutMs,
          replyBytesMax: REPLY_BYTES_MAX,
          ...(options.ca === null ? {} : { ca: options.ca }),
          ...options.certificate,
        },
        signal,
      );
      noteRun(reply);
      return { reply };
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      const reason = describeNetFailure(url, error);
      return { failed: doubt({ kind: 'retry', cause: 'away', afterMs: null, reason }) };
    }
  }

  /** A hub that was started again may have been put back from a copy: only a registration tells. */
  function noteRun({ headers }: HttpReply): void {
    const seen = headers[runHeader];
    if (seen === undefined || seen === run) return;
    run = seen;
    registered = presence === null;
  }

  async function compressed(request: WireRequest): Promise<WireRequest> {
    const encoding = (session.encodings ?? []).find(isKnown);
    const small = lengthOf(request.body) < COMPRESSED_BYTES_MIN;
    if (encoding === undefined || options.gzip === 'never' || small) return request;
    const body = [await host.work.compress(encoding, request.body)];
    return { ...request, headers: { ...request.headers, 'content-encoding': encoding }, body };
  }

  function isKnown(name: string): name is Encoding {
    return (host.work.encodings as readonly string[]).includes(name);
  }

  /** True when there is another key than the refused one. A key that cannot be read now leaves the old one. */
  async function renewKey(): Promise<boolean> {
    const key = (await options.freshKey?.().catch(() => null)) ?? null;
    if (key === null || key === session.key || !isSendableKey(key)) return false;
    session = { ...session, key };
    return true;
  }

  /** Registers again before the next request, unless only this batch was refused; masks the key in the reason. */
  function doubt(outcome: Outcome): Outcome {
    if (outcome.kind === 'acked') return outcome;
    const blamesBatch =
      outcome.kind === 'rejected' && (outcome.cause === 'size' || outcome.cause === 'content');
    if (!blamesBatch) registered = presence === null;
    const { key } = session;
    return key.length < 4 ? outcome : { ...outcome, reason: outcome.reason.replaceAll(key, '***') };
  }
}

interface Given {
  readonly batch: Batch;
  readonly body: BatchBody;
  readonly signal: AbortSignal;
  readonly turn: Promise<boolean>;
}

const nothingToSend: Outcome = { kind: 'acked', records: 0, duplicates: 0 };
const unsent: Outcome = {
  kind: 'retry',
  cause: 'unsent',
  afterMs: null,
  reason: 'it is not its turn',
};

/** A header can carry visible ASCII, and spaces between (RFC 9110, 5.5). */
export function isSendableKey(key: string): boolean {
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(key);
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((total, part) => total + part.length, 0);
}

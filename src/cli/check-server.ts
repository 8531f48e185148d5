/**
 * What `almadia check` tests of the server: name, connection, encryption, each by itself; then the key and one round
 * trip that stores nothing (protocol A `/test`, protocol B registration and heartbeat, the hub a dry run); and how far
 * the clocks are apart.
 */
import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import type { Outcome } from '../event/outcome.ts';
import type { Language } from '../host/errors.ts';
import { readFile } from '../host/files.ts';
import type { Host } from '../host/host.ts';
import type { HttpReply } from '../host/net.ts';
import { NetError } from '../host/net.ts';
import { describeNetFailure } from '../output/net-causes.ts';
import type { Destination } from '../output/open.ts';
import { destinationOf, openOutput } from '../output/open.ts';
import { describeReply, isPage, outcomeOfStatus, unproven } from '../protocol/answers.ts';
import type { Session, WireRequest } from '../protocol/protocol.ts';
import { createTestLine } from './check-line.ts';
import { failure, warning } from './check-machine.ts';
import type { CheckResult, Finding } from './check-report.ts';
import { passed } from './check-report.ts';
import { say } from './messages.ts';
import { version } from './version.ts';

/** Log lines are sorted by time: a clock further off than this disturbs, milliseconds. */
const skewMsMax = 60_000;

const replyBytesMax = 1024 * 1024;

export interface ServerCheck {
  readonly config: LoadedConfig;
  readonly language: Language;
  /** Sends one real line besides. */
  readonly sendTestLine: boolean;
}

export async function checkServer(host: Host, check: ServerCheck): Promise<CheckResult | null> {
  const destination = destinationOf(check.config.settings.output);
  if (destination === null) return null;
  const { urlWritten, settings } = check.config;
  const url = urlWritten || settings.output.url;
  const findings: Finding[] = [];
  findings.push({ kind: 'note', text: say(check.language, 'checkSending', { url }) });
  const result: CheckResult = { name: 'server', title: 'checkServer', findings };
  const broken = await connectionFailure(host, check);
  if (broken !== null) {
    findings.push(broken);
    return result;
  }
  const agentId = await agentIdOf(host, check);
  findings.push(...(await roundTrip(host, { ...check, destination, agentId })));
  if (passed([result]) && check.sendTestLine) findings.push(await sendLine(host, check, agentId));
  return result;
}

/** The first stage that fails, with its cause in words. */
async function connectionFailure(host: Host, check: ServerCheck): Promise<Finding | null> {
  const { url, ca, certificate, timeoutMs } = check.config.settings.output;
  const stages = await host.net.diagnose(url, {
    timeoutMs,
    ...(ca === null ? {} : { ca }),
    ...certificate,
  });
  const failed = stages.find((stage) => !stage.ok);
  if (failed === undefined) return null;
  const error = new NetError(failed.code ?? 'UNKNOWN', failed.detail);
  const cause = describeNetFailure(url, error, check.language);
  const codes = { dns: 'CHECK_DNS', tcp: 'CHECK_TCP', tls: 'CHECK_TLS' } as const;
  return failure(codes[failed.stage], { cause, detail: failed.detail });
}

/** The agent's own name, so that the server does not get to know another one; a stand-in where there is none yet. */
async function agentIdOf(host: Host, check: ServerCheck): Promise<string> {
  const { id, stateDirectory } = check.config.settings.agent;
  if (id !== 'auto') return id;
  const kept = await readFile(host.disk, join(stateDirectory, 'agent-id'), 1024).catch(() => null);
  return kept === null ? `check-${host.process.hostname}` : Buffer.from(kept).toString('utf8').trim();
}

interface Trip extends ServerCheck {
  readonly destination: Destination;
  readonly agentId: string;
}

async function roundTrip(host: Host, trip: Trip): Promise<Finding[]> {
  const { protocol } = trip.destination;
  const { hostname, osType } = host.process;
  const key = trip.config.settings.output.key ?? '';
  const session: Session = {
    agentId: trip.agentId,
    hostname,
    osType,
    key,
    version,
    envelope: 0,
    gzip: false,
  };
  const probes = protocol.probe(session, host.clock.now());
  for (const [index, request] of probes.entries()) {
    const answer = await ask(host, trip, request);
    if ('finding' in answer) return [answer.finding];
    const { status } = answer.reply;
    // Servers without this path are asked in another way, and the report says so.
    const another = index + 1 < probes.length || protocol.presence !== null;
    if ((status === 404 || status === 405) && another) continue;
    const used: Finding[] =
      index === 0
        ? []
        : [{ kind: 'note', text: say(trip.language, 'checkOtherWay', { path: request.path }) }];
    return [...used, ...judged(probeOutcome(answer.reply, host.clock.now()), answer.reply, { host, trip })];
  }
  return protocol.presence === null ? [] : presenceTrip(host, { ...trip, session });
}

/** Registration and a heartbeat: they store no line. */
async function presenceTrip(host: Host, trip: Trip & { readonly session: Session }): Promise<Finding[]> {
  const presence = trip.destination.protocol.presence!;
  const first = await ask(host, trip, presence.register(trip.session));
  if ('finding' in first) return [first.finding];
  const registered = presence.registered(first.reply, host.clock.now());
  if (registered.kind !== 'registered') return judged(registered, first.reply, { host, trip });
  const report = { lagBytes: 0, spoolBytes: 0, deadLetters: 0, version };
  const second = await ask(host, trip, presence.heartbeat(trip.session, report));
  if ('finding' in second) return [second.finding];
  const beaten = presence.beaten(second.reply, host.clock.now());
  const outcome: Outcome =
    beaten.kind === 'unknown'
      ? { kind: 'rejected', cause: 'destination', reason: describeReply(second.reply) }
      : beaten;
  return judged(outcome, second.reply, { host, trip });
}

type Answer = { readonly reply: HttpReply } | { readonly finding: Finding };

async function ask(host: Host, trip: Trip, request: WireRequest): Promise<Answer> {
  const { ca, certificate, timeoutMs } = trip.config.settings.output;
  const url = `${trip.destination.baseUrl}${request.path}`;
  const { method, headers, body } = request;
  try {
    const reply = await host.net.send({
      method,
      url,
      headers,
      body,
      timeoutMs,
      replyBytesMax,
      ...(ca === null ? {} : { ca }),
      ...certificate,
    });
    return { reply };
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    const cause = describeNetFailure(url, error, trip.language);
    return { finding: failure('CHECK_TCP', { cause, detail: error.message }) };
  }
}

/** Success of a probe is a status alone: the body is the server's own. */
function probeOutcome(reply: HttpReply, nowMs: number): Outcome {
  const success = reply.status === 200 || reply.status === 201 || reply.status === 204;
  if (!success) return outcomeOfStatus(reply, nowMs);
  return isPage(reply) ? unproven(reply, '') : { kind: 'acked', records: 0, duplicates: 0 };
}

function judged(
  outcome: Outcome,
  reply: HttpReply,
  about: { readonly host: Host; readonly trip: Trip },
): Finding[] {
  const skew = skewFinding(reply, about.host);
  if (outcome.kind === 'acked') return skew === null ? [] : [skew];
  const { trip } = about;
  const key = trip.config.settings.output.key ?? '';
  const said = answerText(reply, outcome);
  const cause = key.length < 4 ? said : said.replaceAll(key, '***');
  const url = trip.destination.baseUrl;
  if (reply.status === 401 || reply.status === 403) return [failure('CHECK_KEY', { url, cause })];
  if (isPage(reply)) return [failure('CHECK_PAGE', { url, cause })];
  if (reply.status === 404 || reply.status === 405) return [failure('CHECK_PATH', { url, cause })];
  return [failure('CHECK_SERVER', { url, cause })];
}

/** The status and the server's own words, which need no translation; of a success, why it proves nothing. */
function answerText(reply: HttpReply, outcome: Exclude<Outcome, { kind: 'acked' }>): string {
  if (isPage(reply)) return `HTTP ${reply.status}`;
  if (reply.status < 300) return `HTTP ${reply.status}, ${outcome.reason}`;
  const described = describeReply(reply);
  const words = described.indexOf(': ');
  return `HTTP ${reply.status}${words < 0 ? '' : described.slice(words)}`;
}

/** Against the reply's Date (RFC 9110, 6.6.1), which has whole seconds. */
function skewFinding(reply: HttpReply, host: Host): Finding | null {
  const theirs = Date.parse(reply.headers.date ?? '');
  const skewMs = host.clock.now() - theirs;
  if (Number.isNaN(skewMs) || Math.abs(skewMs) <= skewMsMax) return null;
  return warning('CHECK_CLOCK', { seconds: Math.round(skewMs / 1000) });
}

async function sendLine(host: Host, check: ServerCheck, agentId: string): Promise<Finding> {
  const { settings } = check.config;
  const output = openOutput(host, settings.output, {
    agentId,
    version,
    freshKey: null,
    standardOutput: () => Promise.resolve(),
  });
  try {
    const { batch, body, text } = createTestLine(host, settings.output.name);
    const { outcome } = await output.send(batch, body, new AbortController().signal);
    if (outcome.kind === 'acked') {
      return { kind: 'note', text: say(check.language, 'checkLineSent', { text }) };
    }
    return failure('CHECK_SERVER', { url: settings.output.url, cause: outcome.reason });
  } finally {
    await output.close();
  }
}

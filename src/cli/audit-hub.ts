/** `almadia audit --hub`: asks the hub what it has of this agent. */
import type { Audit } from '../agent/audit.ts';
import { type Comparison, compareEnds } from '../agent/both-ends.ts';
import { requireConfig } from '../config/load.ts';
import { AlmadiaError } from '../host/errors.ts';
import { NetError, type TlsOptions } from '../host/net.ts';
import { describeNetFailure, shownUrl } from '../output/net-causes.ts';
import { type AgentStreams, collectStreams, readStreamsPage, type Whose } from '../protocol/agent-streams.ts';
import { describeReply, replyObject } from '../protocol/answers.ts';
import type { CommandContext } from './command.ts';
import { configRequest } from './config-options.ts';

/** A thousand streams each. */
const pagesMax = 10_000;
const replyBytesMax = 64 * 1024 * 1024;
const timeoutMs = 30_000;

interface Target extends TlsOptions {
  /** Without trailing slashes. */
  readonly url: string;
  readonly apiKey: string;
}

/** Null where the hub is not asked for. Throws AUDIT_NO_HUB, AUDIT_HUB_SILENT. */
export async function compareWithHub(context: CommandContext, audit: Audit): Promise<Comparison | null> {
  const { options } = context;
  if (options.text('hub') === undefined && !options.flag('hub')) return null;
  const target = await targetOf(context);
  const whose = { agentId: audit.agentId, epoch: audit.signed?.epoch };
  return compareEnds(audit, await streamsAt(context, target, whose), shownUrl(target.url));
}

/** From the options; what they leave out from the configuration, when its output is a hub. */
async function targetOf({ host, options }: CommandContext): Promise<Target> {
  const url = options.text('hub');
  const key = options.text('key') ?? host.process.environment.ALMADIA_KEY;
  if (url !== undefined && options.text('state') !== undefined)
    return { url: trimmed(url), apiKey: key ?? '' };
  const { output } = (await requireConfig(host, configRequest(options))).settings;
  if (output.type !== 'hub' && url === undefined)
    throw new AlmadiaError('AUDIT_NO_HUB', { type: output.type });
  return {
    ...(output.ca === null ? {} : { ca: output.ca }),
    ...output.certificate,
    url: trimmed(url ?? output.url),
    apiKey: options.text('key') ?? output.key ?? key ?? '',
  };
}

async function streamsAt(context: CommandContext, target: Target, whose: Whose): Promise<AgentStreams> {
  const found = await collectStreams(whose, pagesMax, (path) => pageAt(context, target, path));
  return found ?? { streams: [], link: null };
}

async function pageAt({ host, language, version }: CommandContext, target: Target, path: string) {
  const { url, apiKey, ...tls } = target;
  const headers = { 'x-api-key': apiKey, 'user-agent': `almadia/${version}` };
  const request = {
    method: 'GET',
    url: `${url}${path}`,
    headers,
    body: [],
    timeoutMs,
    replyBytesMax,
  } as const;
  const reply = await host.net.send({ ...request, ...tls }).catch((error: unknown) => {
    if (!(error instanceof NetError)) throw error;
    throw silent(target, describeNetFailure(url, error, language));
  });
  const object = reply.status === 200 && !reply.cut ? replyObject(reply) : null;
  const page = object === null ? null : readStreamsPage(object);
  if (page === null) throw silent(target, describeReply(reply));
  return page;
}

function silent({ url }: Target, cause: string): AlmadiaError {
  return new AlmadiaError('AUDIT_HUB_SILENT', { url: shownUrl(url), cause });
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, '');
}

/** The stages of a connection, one after another, until one fails: name, connection, encryption. No request is sent. */
import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import * as tls from 'node:tls';
import type { Stage, TlsOptions } from '../net.ts';
import { NetError } from '../net.ts';
import { asNetError, type Target, targetOf } from './target.ts';
import type { Trust } from './trust.ts';

export async function diagnose(
  trust: Trust,
  url: string,
  options: TlsOptions & { readonly timeoutMs: number },
): Promise<readonly Stage[]> {
  const target = targetOf(url);
  const steps: readonly [Stage['stage'], () => Promise<string>][] = [
    ['dns', () => within(options.timeoutMs, resolveName(target))],
    ['tcp', () => connectOnly(target, options.timeoutMs)],
    ['tls', () => shakeHands(target, trust.context(options), options.timeoutMs)],
  ];
  const wanted = steps.filter(([stage]) => {
    return stage === 'tcp' || (stage === 'dns' ? 'host' in target.address : target.secure);
  });
  const stages: Stage[] = [];
  for (const [stage, step] of wanted) {
    try {
      stages.push({ stage, ok: true, detail: await step(), code: null });
    } catch (error) {
      const { code, message } = asNetError(error);
      return [...stages, { stage, ok: false, detail: message, code }];
    }
  }
  return stages;
}

async function resolveName(target: Target): Promise<string> {
  const { address } = target;
  if (!('host' in address)) return address.socketPath;
  if (isIP(address.host)) return address.host;
  const found = await lookup(address.host, { all: true });
  return found.map((one) => one.address).join(', ');
}

async function connectOnly(target: Target, timeoutMs: number): Promise<string> {
  const { address } = target;
  const socket = 'host' in address ? connect(address) : connect(address.socketPath);
  await opened(socket, { event: 'connect', timeoutMs });
  const peer =
    'host' in address ? `${socket.remoteAddress} port ${socket.remotePort}` : `socket ${address.socketPath}`;
  socket.destroy();
  return peer;
}

/** The hand-shake is let through unverified so that the certificate can be named; the verdict is read afterwards. */
async function shakeHands(
  target: Target,
  secureContext: tls.SecureContext,
  timeoutMs: number,
): Promise<string> {
  const { address } = target;
  if (!('host' in address)) return '';
  const servername = isIP(address.host) ? {} : { servername: address.host };
  const socket = tls.connect({ ...address, ...servername, secureContext, rejectUnauthorized: false });
  await opened(socket, { event: 'secureConnect', timeoutMs });
  const { subject, issuer, valid_to } = socket.getPeerCertificate();
  const detail = `${socket.getProtocol()}, certificate of ${nameOf(subject)}, issued by ${nameOf(issuer)}, valid until ${valid_to}`;
  // Node's types say Error; what it gives is the code as text, or an error where the name does not match.
  const verdict = socket.authorizationError as unknown as string | Error | null;
  socket.destroy();
  if (socket.authorized) return detail;
  const code = typeof verdict === 'string' ? verdict : ((verdict as NodeJS.ErrnoException)?.code ?? 'EPROTO');
  throw new NetError(code, detail);
}

/** The certificate is the peer's text: what could drive a terminal is taken out. */
function nameOf(party: tls.Certificate | undefined): string {
  return String(party?.CN ?? party?.O ?? 'nobody named').replace(/\p{Cc}/gu, '?');
}

function opened(
  socket: Socket,
  wanted: { readonly event: 'connect' | 'secureConnect'; readonly timeoutMs: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(late(wanted.timeoutMs)), wanted.timeoutMs);
    socket.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once(wanted.event, () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** A look-up cannot be called back: it ends by itself, and its answer is then of no interest. */
async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const giveUp = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late(timeoutMs)), timeoutMs);
  });
  try {
    return await Promise.race([work, giveUp]);
  } finally {
    clearTimeout(timer);
  }
}

function late(timeoutMs: number): NetError {
  return new NetError('TIMEOUT', `no answer within ${timeoutMs} ms`);
}

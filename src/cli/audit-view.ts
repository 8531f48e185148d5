/** An audit as lines for people: a table, then what it comes to. Pure. */
import type { Account } from '../agent/account.ts';
import { type Audit, brokenOf } from '../agent/audit.ts';
import type { Comparison } from '../agent/both-ends.ts';
import { type Judgement, totalOf, wholeOf } from '../agent/verdict.ts';
import type { Language } from '../host/errors.ts';
import { type MessageKey, say } from './messages.ts';
import { plain, table } from './show.ts';

/** So many places are told; --json has them all. */
const placesMax = 20;

/** Shown only where some stream has it, but for the first three. */
const columns: readonly { readonly key: MessageKey; bytesOf(account: Amounts): number }[] = [
  { key: 'auditSeen', bytesOf: ({ seen }) => seen.bytes },
  { key: 'auditAcked', bytesOf: ({ acked }) => acked.bytes },
  { key: 'auditHeld', bytesOf: ({ held }) => held },
  { key: 'auditInFlight', bytesOf: ({ inFlight }) => inFlight.bytes },
  { key: 'auditSpooled', bytesOf: ({ spooled }) => spooled.bytes },
  { key: 'auditSkipped', bytesOf: ({ skipped }) => skipped },
  { key: 'auditFiltered', bytesOf: ({ filtered }) => wholeOf(filtered).bytes },
  { key: 'auditDead', bytesOf: ({ dead }) => wholeOf(dead).bytes },
  { key: 'auditCut', bytesOf: ({ cut }) => wholeOf(cut).bytes },
  { key: 'auditGaps', bytesOf: ({ gaps }) => wholeOf(gaps).bytes },
];
const alwaysShown = 3;

type Amounts = Omit<Account, 'stream' | 'path' | 'status' | 'output' | 'base' | 'watermark' | 'difference'>;

export function auditLines(audit: Audit, judgement: Judgement, language: Language): readonly string[] {
  const said = [...tableLines(audit, language), ''];
  if (audit.since !== null) said.push(...sinceLines(audit.since, language));
  if (!audit.running) said.push(say(language, 'auditStopped'));
  switch (judgement.verdict) {
    case 'open':
      return [...said, ...openLines(audit, language)];
    case 'missing':
      return [...said, ...missingLines(audit, judgement, language)];
    case 'complete': {
      const { seen, acked, held, inFlight, spooled } = totalOf(audit);
      const waiting = held + inFlight.bytes + spooled.bytes;
      const values = { seen: seen.bytes, acked: acked.bytes, lines: acked.lines ?? '?', waiting };
      const ofAll = waiting > 0 ? 'auditCompleteSoFar' : 'auditComplete';
      return [...said, say(language, audit.since === null ? ofAll : 'auditCompleteSince', values)];
    }
  }
}

export function hubLines(hub: Comparison, language: Language): readonly string[] {
  const { url, streams, missing } = hub;
  const receipts = hub.signed === false ? [say(language, 'auditHubUnsigned', { url })] : [];
  if (missing.length === 0)
    return [say(language, 'auditHubComplete', { url, streams, bytes: hub.bytes }), ...receipts];
  const bytes = missing.reduce((sum, { from, to }) => sum + to - from, 0);
  const places = missing.slice(0, placesMax).map(({ path, stream, from, to, reason }) => {
    const why = reason === null ? say(language, 'auditHubUnknown') : plain(reason);
    return say(language, 'auditHubPlace', { path: plain(path), stream, from, to, reason: why });
  });
  const more = missing.length - places.length;
  return [
    say(language, 'auditHubMissing', { url, bytes }),
    ...places,
    ...(more > 0 ? [say(language, 'auditMorePlaces', { count: more })] : []),
    ...receipts,
  ];
}

function tableLines(audit: Audit, language: Language): string[] {
  const { streams, forgotten } = audit;
  const known = forgotten === null || forgotten.seen.bytes === 0 ? streams : [...streams, forgotten];
  if (known.length === 0) return [say(language, 'auditNothing')];
  const shown = columns.filter(
    ({ bytesOf }, index) => index < alwaysShown || known.some((account) => bytesOf(account) !== 0),
  );
  const rows = known.map((account) => [
    nameOf(account, language),
    ...shown.map(({ bytesOf }) => String(bytesOf(account))),
  ]);
  const heading = [say(language, 'filePath'), ...shown.map(({ key }) => say(language, key))];
  return table(
    [heading, ...rows],
    shown.map((_, index) => index + 1),
  );
}

function nameOf({ path, stream, status }: Account, language: Language): string {
  if (status === 'forgotten') return say(language, 'auditForgotten');
  if (status === 'taken-over') return say(language, 'auditTakenOver', { stream });
  return plain(path);
}

function sinceLines({ fromMs, terms }: NonNullable<Audit['since']>, language: Language): string[] {
  const names = {
    skipped: 'auditSkipped',
    acked: 'auditAcked',
    filtered: 'auditFiltered',
    dead: 'auditDead',
    cut: 'auditCut',
    gap: 'auditGaps',
    seen: 'auditSeen',
  } as const;
  const told = terms.map(({ term, reason, bytes, lines }) => {
    const what = say(language, names[term]) + (reason === '' ? '' : ` (${plain(reason)})`);
    return say(language, 'auditSinceTerm', { what, bytes, lines });
  });
  const from = fromMs === 0 ? say(language, 'auditBeginning') : new Date(fromMs).toISOString();
  return [
    say(language, 'auditSince', { from }),
    ...(told.length === 0 ? [say(language, 'auditNothing')] : told),
  ];
}

function openLines(audit: Audit, language: Language): string[] {
  return brokenOf(audit).map((account) => {
    const { bytes, lines } = account.difference;
    const { stream } = account;
    const path = nameOf(account, language);
    return say(language, 'auditOpen', { path, stream, bytes, lines: lines ?? '?' });
  });
}

function missingLines(audit: Audit, { gaps, dead, cut }: Judgement, language: Language): string[] {
  const amounts = { gaps: gaps.bytes, dead: dead.bytes, cut: cut.bytes };
  const bytes = amounts.gaps + amounts.dead + amounts.cut;
  const places = audit.missing.slice(-placesMax).map(({ path, from, to, term, reason, atMs }) => {
    const why = term === 'dead' ? say(language, 'auditDeadReason', { reason: plain(reason) }) : reason;
    const at = new Date(atMs).toISOString();
    return say(language, 'auditPlace', { path: plain(path), from, to, reason: why, at });
  });
  const more = audit.missing.length - places.length;
  return [
    say(language, 'auditMissing', { bytes, ...amounts }),
    ...places,
    ...(more > 0 ? [say(language, 'auditMore', { count: more })] : []),
  ];
}

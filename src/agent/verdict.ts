/** What an audit comes to. Pure. */
import { type Account, type Amount, sum } from './account.ts';
import { type Audit, brokenOf } from './audit.ts';
import type { Comparison } from './both-ends.ts';

/**
 * `complete`: the ledger closes and nothing is missing; what is not settled waits. `missing`: it closes, and some of it
 * will not arrive, or not by itself. `open`: it does not close.
 */
export type Verdict = 'complete' | 'missing' | 'open';

export interface Judgement {
  readonly verdict: Verdict;
  /** Of all accounts together, or, of an audit since a time, what happened in it. */
  readonly gaps: Amount;
  readonly dead: Amount;
  readonly cut: Amount;
}

export function judge(audit: Audit): Judgement {
  const { gaps, dead, cut } = audit.since === null ? inAll(audit) : inTime(audit.since.terms);
  const missing = [gaps, dead, cut].some(({ bytes }) => bytes > 0);
  const verdict = brokenOf(audit).length > 0 ? 'open' : missing ? 'missing' : 'complete';
  return { verdict, gaps, dead, cut };
}

/** Only the streams whose path contains a text or whose name begins with it; sums by time are not kept by stream. */
export function onlyStream(audit: Audit, text: string): Audit {
  const wanted = wantedBy(text);
  const missing = audit.missing.filter(wanted);
  const streams = audit.streams.filter(wanted);
  if (audit.since === null) return { ...audit, streams, forgotten: null, missing };
  const terms = missing.map(({ output, term, reason, from, to }) => {
    return { output, term, reason, bytes: to - from, lines: 0 };
  });
  return { ...audit, streams, forgotten: null, missing, since: { ...audit.since, terms } };
}

export function onlyStreamOf(comparison: Comparison, text: string): Comparison {
  return { ...comparison, missing: comparison.missing.filter(wantedBy(text)) };
}

function wantedBy(text: string) {
  return ({ path, stream }: { readonly path: string; readonly stream: string }) =>
    path.includes(text) || stream.startsWith(text);
}

/** All accounts in one. */
export function totalOf({ streams, forgotten }: Pick<Audit, 'streams' | 'forgotten'>): {
  readonly [Term in 'seen' | 'inFlight' | 'spooled' | 'acked' | 'filtered' | 'dead' | 'cut' | 'gaps']: Amount;
} & { readonly skipped: number; readonly held: number } {
  const all = forgotten === null ? streams : [...streams, forgotten];
  const of = (term: 'seen' | 'inFlight' | 'spooled' | 'acked') => sum(all.map((one) => one[term]));
  const by = (term: 'filtered' | 'dead' | 'cut' | 'gaps') => sum(all.map((one) => wholeOf(one[term])));
  return {
    ...{ seen: of('seen'), inFlight: of('inFlight'), spooled: of('spooled'), acked: of('acked') },
    ...{ filtered: by('filtered'), dead: by('dead'), cut: by('cut'), gaps: by('gaps') },
    skipped: all.reduce((count, one) => count + one.skipped, 0),
    held: all.reduce((count, one) => count + one.held, 0),
  };
}

/** All reasons together. */
export function wholeOf(byReason: Account['gaps']): Amount {
  return sum(Object.values(byReason));
}

function inAll(audit: Audit): Pick<Judgement, 'gaps' | 'dead' | 'cut'> {
  const { gaps, dead, cut } = totalOf(audit);
  return { gaps, dead, cut };
}

/** Within a time a term may have become less: a dead letter of before was taken after all. */
function inTime(terms: NonNullable<Audit['since']>['terms']): Pick<Judgement, 'gaps' | 'dead' | 'cut'> {
  const of = (term: string) => sum(terms.filter((one) => one.term === term && one.bytes > 0));
  return { gaps: of('gap'), dead: of('dead'), cut: of('cut') };
}

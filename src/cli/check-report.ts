/**
 * The report of `almadia check`, in the layout of seed A's connection test: to the letter in Spanish, the same in
 * English. A test that the original does not have keeps silent for seed A's configuration as long as it passes.
 */
import type { Language, Problem } from '../host/errors.ts';
import { explain } from '../host/errors.ts';
import type { MessageKey } from './messages.ts';
import { say } from './messages.ts';
import { problemJson } from './report.ts';
import { plain } from './show.ts';

export type Finding =
  /** What is being tried, or was found. */
  | { readonly kind: 'note'; readonly text: string }
  /** Worth mending, but the agent works. */
  | { readonly kind: 'warning'; readonly problem: Problem }
  | { readonly kind: 'failure'; readonly problem: Problem };

export interface CheckResult {
  readonly name: 'files' | 'directories' | 'server';
  readonly title: MessageKey;
  readonly findings: readonly Finding[];
}

export function passed(results: readonly CheckResult[]): boolean {
  return results.every((result) => result.findings.every((finding) => finding.kind !== 'failure'));
}

/** The lines of one test. `quietWhenFine`: nothing when it has nothing to tell. */
export function resultText(
  result: CheckResult,
  how: { readonly language: Language; readonly quietWhenFine: boolean },
): string {
  const { language } = how;
  if (how.quietWhenFine && result.findings.every((finding) => finding.kind === 'note')) return '';
  const failed = !passed([result]);
  const title = say(language, result.title);
  return [
    say(language, 'checkTrying', { title }),
    ...result.findings.flatMap((finding) => findingLines(finding, language)),
    say(language, failed ? 'checkFailed' : 'checkOk', { title }),
    '',
    '',
  ].join('\n');
}

function findingLines(finding: Finding, language: Language): string[] {
  if (finding.kind === 'note') return [`  -> ${plain(finding.text)}`];
  const text = explain(finding.problem, language);
  const cause = plain(text.what);
  const safe = plain(text.safe);
  const fix = plain(text.fix);
  const code = finding.problem.code;
  return finding.kind === 'warning'
    ? [say(language, 'checkWarning', { cause, code }), say(language, 'checkFix', { fix })]
    : [
        say(language, 'checkCause', { cause, code }),
        say(language, 'checkSafe', { safe }),
        say(language, 'checkFix', { fix }),
      ];
}

export function resultsJson(results: readonly CheckResult[], language: Language): unknown {
  return {
    ok: passed(results),
    checks: results.map((result) => ({
      name: result.name,
      ok: passed([result]),
      notes: result.findings.flatMap((finding) => (finding.kind === 'note' ? [finding.text] : [])),
      warnings: problemsOf(result, 'warning').map((problem) => problemJson(problem, language)),
      failures: problemsOf(result, 'failure').map((problem) => problemJson(problem, language)),
    })),
  };
}

function problemsOf(result: CheckResult, kind: 'warning' | 'failure'): Problem[] {
  return result.findings.flatMap((finding) => (finding.kind === kind ? [finding.problem] : []));
}

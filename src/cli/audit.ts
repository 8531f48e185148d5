/**
 * `almadia audit`: what became of every byte. A running agent is asked; the state of a stopped one is read, and nothing
 * is set aside or written there. Whatever keeps it from telling is exit status 2.
 */
import { join } from 'node:path';
import { type Audit, booksOf, makeAudit } from '../agent/audit.ts';
import { judge, onlyStream, onlyStreamOf, type Verdict } from '../agent/verdict.ts';
import { requireConfig } from '../config/load.ts';
import { AlmadiaError, type ErrorCode, type ErrorValues } from '../host/errors.ts';
import { inspectState } from '../state/open.ts';
import type { State } from '../state/state.ts';
import { compareWithHub } from './audit-hub.ts';
import { auditLines, hubLines } from './audit-view.ts';
import type { CommandContext } from './command.ts';
import { configRequest } from './config-options.ts';
import { askAgent } from './control-socket.ts';
import { durationOption } from './options.ts';
import { problemJson, problemText } from './report.ts';
import { stateDirectoryOf } from './status.ts';

const exits: Readonly<Record<Verdict, number>> = { complete: 0, missing: 1, open: 1 };
const cannotTell = 2;
/** A hundred years. */
const sinceMaxMs = 36_500 * 86_400_000;

export async function run(context: CommandContext): Promise<number> {
  const json = context.options.flag('json');
  try {
    const whole = await auditFor(context);
    // Younger than the audit: what was acked by then must be there.
    const comparison = await compareWithHub(context, whole);
    const stream = context.options.text('stream');
    const audit = stream === undefined ? whole : onlyStream(whole, stream);
    const hub = comparison === null || stream === undefined ? comparison : onlyStreamOf(comparison, stream);
    const judgement = judge(audit);
    const absent = hub !== null && (hub.missing.length > 0 || hub.signed === false);
    const verdict = absent && judgement.verdict === 'complete' ? 'missing' : judgement.verdict;
    if (json) context.console.out(`${JSON.stringify({ verdict, ...audit, hub }, null, 2)}\n`);
    else {
      const own = auditLines(audit, judgement, context.language);
      // Its last sentence would say that nothing is missing.
      const lines = verdict === judgement.verdict ? own : own.slice(0, -1);
      const atHub = hub === null ? [] : hubLines(hub, context.language);
      context.console.out(`${[...lines, ...atHub].join('\n')}\n`);
    }
    return exits[verdict];
  } catch (error) {
    if (!(error instanceof AlmadiaError)) throw error;
    const { language } = context;
    if (json) {
      const problem = problemJson(error, language);
      context.console.out(`${JSON.stringify({ verdict: 'unknown', problem }, null, 2)}\n`);
    } else context.console.err(problemText(error, language));
    return cannotTell;
  }
}

async function auditFor(context: CommandContext): Promise<Audit> {
  const { host, options } = context;
  const sinceMs = durationOption(options, 'since', { min: 1, max: sinceMaxMs });
  const nowMs = host.clock.now();
  const fromMs = sinceMs === undefined ? null : Math.max(0, nowMs - sinceMs);
  const directory = await stateDirectoryOf(context);
  return (await askRunning(context, directory, fromMs)) ?? (await readStopped(context, directory, fromMs));
}

/** Null: nobody runs there. */
async function askRunning(
  { host }: CommandContext,
  directory: string,
  fromMs: number | null,
): Promise<Audit | null> {
  const path = `/audit${fromMs === null ? '' : `?since=${fromMs}`}`;
  const answer = await askAgent(host, directory, { method: 'GET', path });
  if (answer.kind === 'nobody') return null;
  const told = JSON.parse(Buffer.from(answer.body).toString('utf8')) as Audit & Partial<Refusal>;
  if (told.code !== undefined) throw new AlmadiaError(told.code, told.values);
  if (answer.status === 200) return told;
  const values = { path: directory, cause: String(answer.status), user: host.process.userName };
  throw new AlmadiaError('AGENT_UNREACHABLE', values);
}

interface Refusal {
  readonly code: ErrorCode;
  readonly values: ErrorValues;
}

async function readStopped(
  context: CommandContext,
  directory: string,
  fromMs: number | null,
): Promise<Audit> {
  const { host } = context;
  const there = await host.disk.stat(join(directory, 'state.db')).catch(() => null);
  if (there === null) throw new AlmadiaError('STATE_ABSENT', { path: directory });
  const state = inspectState(host, directory);
  try {
    const agentId = state.snapshot.notes.get('agent-id') ?? '';
    const output = await outputOf(context, state);
    return makeAudit(booksOf(state, { agentId, output, atMs: host.clock.now() }), fromMs);
  } finally {
    state.close();
  }
}

/** The configured one; without a configuration the one that the state knows, of several the first by name. */
async function outputOf({ host, options }: CommandContext, state: State): Promise<string> {
  if (options.text('state') === undefined) {
    const config = await requireConfig(host, configRequest(options));
    return config.settings.output.name;
  }
  const { cursors, ledger } = state.snapshot;
  const [first] = [...cursors, ...ledger].map(({ output }) => output).sort();
  return first ?? 'default';
}

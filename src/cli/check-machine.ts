/** What `almadia check` tests on this machine: the log files, and the directories in which the agent writes. */
import { dirname } from 'node:path';
import type { FileStat } from '../host/disk.ts';
import { diskCode, printablePath } from '../host/disk.ts';
import type { ErrorCode, ErrorValues } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import type { AgentSettings, FileSourceSettings } from '../settings/agent.ts';
import { compilePatterns } from '../source/file/patterns.ts';
import { walk } from '../source/file/walk.ts';
import type { CheckResult, Finding } from './check-report.ts';

/** Less free space than this, and the agent will soon stand still, bytes. */
const freeBytesMin = 64 * 1024 * 1024;

/** So many unreadable files are named one by one. */
const namedMax = 10;

type Machine = Pick<Host, 'disk' | 'process'>;

export async function checkFiles(host: Machine, settings: AgentSettings): Promise<CheckResult> {
  const findings: Finding[] = [];
  const absent: Finding[] = [];
  let readable = 0;
  for (const source of settings.sources) {
    for (const pattern of source.include) {
      const found = await filesOf(host, { ...source, include: [pattern] }, findings);
      if (found.length === 0) absent.push(warning('CHECK_NO_FILE', { pattern: shownPattern(pattern) }));
      for (const path of found) {
        const trouble = await fileTrouble(host, path);
        if (trouble === null) readable += 1;
        else findings.push(trouble);
      }
    }
  }
  // Files that may come later are no failure, as long as there is anything to follow now.
  const nothing = readable === 0 && failuresOf(findings) === 0;
  findings.push(...absent.map((finding) => (nothing ? asFailure(finding) : finding)));
  return { name: 'files', title: 'checkFiles', findings: bounded(findings) };
}

async function filesOf(host: Machine, source: FileSourceSettings, findings: Finding[]): Promise<string[]> {
  const seen = await walk(host.disk, [compilePatterns(source)]);
  for (const [path, cause] of seen.unreadable) {
    findings.push(
      failure('CHECK_DIRECTORY_UNREADABLE', {
        path: printablePath(path),
        cause,
        user: host.process.userName,
      }),
    );
  }
  return [...seen.found.keys()].sort();
}

async function fileTrouble(host: Machine, path: string): Promise<Finding | null> {
  const values = { path: printablePath(path), user: host.process.userName };
  try {
    const { kind } = await host.disk.stat(path);
    if (kind !== 'file') return warning('CHECK_NO_REGULAR_FILE', { ...values, kind });
    const handle = await host.disk.open(path, 'read');
    await handle.close();
    return null;
  } catch (error) {
    const cause = diskCode(error);
    if (cause === null) throw error;
    return failure('CHECK_FILE_UNREADABLE', { ...values, cause });
  }
}

export async function checkDirectories(host: Machine, settings: AgentSettings): Promise<CheckResult> {
  const findings: Finding[] = [];
  const state = settings.agent.stateDirectory;
  const wanted: (readonly [string, string])[] = [[state, 'agent.state_dir']];
  if (settings.agent.logFile !== null) wanted.push([dirname(settings.agent.logFile), 'agent.log_file']);
  if (settings.output.type === 'file') wanted.push([dirname(settings.output.path), 'output.path']);
  for (const [path, setting] of wanted) {
    const existing = await nearestExisting(host, path);
    if (existing.kind === 'directory' && (await host.disk.allows(existing.path, 'write'))) continue;
    const values = { path: printablePath(path), setting, user: host.process.userName };
    findings.push(failure('CHECK_DIRECTORY_UNWRITABLE', values));
  }
  findings.push(...(await stateFindings(host, state)));
  return { name: 'directories', title: 'checkDirectories', findings };
}

async function stateFindings(host: Machine, state: string): Promise<Finding[]> {
  const { path } = await nearestExisting(host, state);
  const volume = await host.disk.volume(path).catch(() => null);
  if (volume === null) return [];
  const values = { path: printablePath(state), type: volume.type };
  const findings: Finding[] = [];
  if (volume.losesDataAtReboot) findings.push(warning('CHECK_STATE_VOLATILE', values));
  if (volume.remote) findings.push(warning('CHECK_STATE_REMOTE', values));
  if (volume.freeBytes < freeBytesMin) {
    findings.push(
      warning('CHECK_STATE_FULL', { ...values, free: Math.round(volume.freeBytes / 1024 / 1024) }),
    );
  }
  return findings;
}

/** A directory that does not exist yet is made when the agent starts; what counts is the one above it. */
async function nearestExisting(
  host: Machine,
  path: string,
): Promise<{ readonly path: string; readonly kind: FileStat['kind'] }> {
  for (let at = path; ; at = dirname(at)) {
    const stat = await host.disk.stat(at).catch((error: unknown) => {
      const code = diskCode(error);
      if (code === null) throw error;
      return code === 'ENOENT' ? null : ({ kind: 'other' } as const);
    });
    if (stat !== null || at === dirname(at)) return { path: at, kind: stat?.kind ?? 'other' };
  }
}

function bounded(findings: readonly Finding[]): Finding[] {
  const more = findings.length - namedMax;
  if (more <= 0) return [...findings];
  return [...findings.slice(0, namedMax), failureOrWarning(findings.slice(namedMax), more)];
}

function failureOrWarning(rest: readonly Finding[], count: number): Finding {
  const make = failuresOf(rest) > 0 ? failure : warning;
  return make('CHECK_MORE', { count });
}

function failuresOf(findings: readonly Finding[]): number {
  return findings.filter((finding) => finding.kind === 'failure').length;
}

function shownPattern(pattern: string): string {
  return printablePath(pattern.replace(/\\(.)/g, '$1'));
}

export function failure(code: ErrorCode, values: ErrorValues): Finding {
  return { kind: 'failure', problem: { code, values } };
}

export function warning(code: ErrorCode, values: ErrorValues): Finding {
  return { kind: 'warning', problem: { code, values } };
}

function asFailure(finding: Finding): Finding {
  return finding.kind === 'warning' ? { kind: 'failure', problem: finding.problem } : finding;
}

/**
 * From a command line to validated settings: finds the file, tells its format, reads what it names, and writes what
 * the original would write (seed B's defaults and its agent id). Never throws for what is wrong with a
 * configuration: all of it comes back as problems.
 */
import { basename, resolve } from 'node:path';
import { diskCode } from '../host/disk.ts';
import type { Problem } from '../host/errors.ts';
import { AlmadiaError } from '../host/errors.ts';
import { readFile, writeFile } from '../host/files.ts';
import type { Host } from '../host/host.ts';
import type { AgentSettings } from '../settings/agent.ts';
import { secret } from '../settings/text.ts';
import type { Draft, NamedFile, Origins, Surroundings } from './draft.ts';
import type { Format } from './format.ts';
import { formatOf } from './format.ts';
import { ilaSocDefaultsText, readIlaSoc } from './ila-soc.ts';
import { readNative } from './native.ts';
import { readSyncLogs } from './sync-logs.ts';

/** The order in which the working directory is searched. */
export const discovered = ['almadia.yaml', 'config.json', '.env'] as const;

/** Larger files are no configurations. */
const fileBytesMax = 1024 * 1024;

export type Machine = Pick<Host, 'disk' | 'process' | 'random'>;

export interface ConfigRequest {
  /** As given with --config; without it the working directory is searched. */
  readonly file?: string | undefined;
  readonly server?: string | undefined;
  readonly key?: string | undefined;
  /** `nothing`; `id`: a drawn agent id is written back; `defaults`: and an absent config.json is written. */
  readonly writes?: 'nothing' | 'id' | 'defaults';
}

export interface LoadedConfig {
  readonly settings: AgentSettings;
  readonly format: Format;
  /** As messages name it. */
  readonly file: string;
  /** The server's address as it was written, slashes and all. */
  readonly urlWritten: string;
  /** The files that the configuration names; null where it names none. */
  readonly keyFile: string | null;
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly certKeyFile: string | null;
  readonly origins: Origins;
  readonly notices: readonly Problem[];
}

export type ConfigResult =
  | { readonly kind: 'loaded'; readonly config: LoadedConfig }
  | { readonly kind: 'invalid'; readonly file: string | null; readonly problems: readonly Problem[] };

export async function loadConfig(machine: Machine, request: ConfigRequest): Promise<ConfigResult> {
  const notices: Problem[] = [];
  const found = await findFile(machine, request, notices);
  if (found.kind === 'invalid') return found;
  const { file, text } = found;
  const format = formatOf(text, basename(file));
  const draft = await readDraft(machine, { format, file, text, request, notices });
  const finished = await withFiles(machine, draft);
  const problems = [...draft.problems, ...finished.problems].sort((a, b) =>
    lineOf(a) < lineOf(b) ? -1 : lineOf(a) > lineOf(b) ? 1 : 0,
  );
  if (problems.length > 0) return { kind: 'invalid', file, problems };
  notices.push(...draft.notices, ...(await exposedKey(machine, draft, file)));
  const { urlWritten, origins } = draft;
  const keyFile = draft.keyFile?.path ?? null;
  const caFile = draft.caFile?.path ?? null;
  const certFile = draft.certFile?.path ?? null;
  const certKeyFile = draft.certKeyFile?.path ?? null;
  return {
    kind: 'loaded',
    config: {
      settings: finished.settings,
      format,
      file,
      urlWritten,
      keyFile,
      caFile,
      certFile,
      certKeyFile,
      origins,
      notices,
    },
  };
}

/** The same, for callers that cannot go on without: throws the first problem. */
export async function requireConfig(machine: Machine, request: ConfigRequest): Promise<LoadedConfig> {
  const result = await loadConfig(machine, request);
  if (result.kind === 'loaded') return result.config;
  const first = result.problems[0]!;
  throw new AlmadiaError(first.code, first.values);
}

/** The key as the configuration gives it now; null where it cannot be read or has not the right form. */
export async function readKey(machine: Machine, request: ConfigRequest): Promise<string | null> {
  if (request.key !== undefined) return request.key;
  const result = await loadConfig(machine, { ...request, writes: 'nothing' });
  return result.kind === 'loaded' ? result.config.settings.output.key : null;
}

type Found = { readonly kind: 'found'; readonly file: string; readonly text: string };
type Invalid = Extract<ConfigResult, { kind: 'invalid' }>;

async function findFile(
  machine: Machine,
  request: ConfigRequest,
  notices: Problem[],
): Promise<Found | Invalid> {
  const directory = machine.process.workingDirectory;
  for (const file of request.file === undefined ? discovered : [request.file]) {
    const content = await readText(machine, resolve(directory, file), file);
    if (content.kind === 'problem') return { kind: 'invalid', file, problems: [content.problem] };
    if (content.text !== null) return { kind: 'found', file, text: content.text };
  }
  if (request.file === undefined) {
    const values = { directory, names: discovered.join(', ') };
    return { kind: 'invalid', file: null, problems: [{ code: 'CONFIG_NONE', values }] };
  }
  if (request.file.endsWith('.json') && request.writes === 'defaults') {
    return writeDefaults(machine, request.file, notices);
  }
  const values = { file: request.file, directory };
  return { kind: 'invalid', file: request.file, problems: [{ code: 'CONFIG_ABSENT', values }] };
}

async function writeDefaults(machine: Machine, file: string, notices: Problem[]): Promise<Found | Invalid> {
  const text = ilaSocDefaultsText();
  try {
    const path = resolve(machine.process.workingDirectory, file);
    await writeFile(machine.disk, path, { bytes: Buffer.from(text), permissions: 0o600 });
  } catch (error) {
    const values = { file, cause: causeOf(error), user: machine.process.userName };
    return { kind: 'invalid', file, problems: [{ code: 'CONFIG_UNWRITABLE', values }] };
  }
  notices.push({ code: 'CONFIG_DEFAULTS_WRITTEN', values: { file } });
  return { kind: 'found', file, text };
}

interface Content {
  readonly format: Format;
  readonly file: string;
  readonly text: string;
  readonly request: ConfigRequest;
  readonly notices: Problem[];
}

async function readDraft(machine: Machine, content: Content): Promise<Draft> {
  const { file, text, request } = content;
  const around: Surroundings = {
    file,
    environment: machine.process.environment,
    workingDirectory: machine.process.workingDirectory,
    overrides: {
      ...(request.server === undefined ? {} : { server: request.server }),
      ...(request.key === undefined ? {} : { key: request.key }),
    },
  };
  switch (content.format) {
    case 'native':
      return readNative(text, around);
    case 'sync-logs':
      return readSyncLogs(text, around);
    case 'ila-soc': {
      const { osType } = machine.process;
      const draft = readIlaSoc(text, { ...around, osType, newId: newAgentId(machine) });
      if (draft.rewritten === null) return draft;
      return settledId(machine, draft, { file, text: draft.rewritten, request });
    }
  }
}

/** A version 4 UUID (RFC 9562), as the original draws it. */
function newAgentId(machine: Machine): string {
  const bytes = Buffer.from(machine.random.bytes(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Where the drawn id cannot be kept in the file, the state directory keeps one instead. */
async function settledId(
  machine: Machine,
  draft: Draft,
  file: { readonly file: string; readonly text: string; readonly request: ConfigRequest },
): Promise<Draft> {
  const auto = { ...draft, settings: { ...draft.settings, agent: { ...draft.settings.agent, id: 'auto' } } };
  if ((file.request.writes ?? 'nothing') === 'nothing') return auto;
  try {
    const path = await machine.disk.realPath(resolve(machine.process.workingDirectory, file.file));
    const { permissions } = await machine.disk.stat(path);
    await writeFile(machine.disk, path, { bytes: Buffer.from(file.text), permissions: permissions & 0o777 });
    return draft;
  } catch (error) {
    const values = { file: file.file, cause: causeOf(error), user: machine.process.userName };
    return { ...auto, notices: [...draft.notices, { code: 'CONFIG_ID_NOT_WRITTEN', values }] };
  }
}

async function withFiles(
  machine: Machine,
  draft: Draft,
): Promise<{ readonly settings: AgentSettings; readonly problems: readonly Problem[] }> {
  const problems: Problem[] = [];
  const { output } = draft.settings;
  let { key, ca } = output;
  const overridden = draft.origins.get('output.key')?.kind === 'command-line';
  if (draft.keyFile !== null && !overridden) {
    key = (await readNamed(machine, draft.keyFile, problems))?.trim() ?? null;
    if (key !== null && secret.parse(key).kind === 'fault') {
      const { setting, where, path } = draft.keyFile;
      problems.push({ code: 'CONFIG_KEY_FILE', values: { path: setting, value: path, where } });
    }
  }
  if (draft.caFile !== null) {
    ca = await readNamed(machine, draft.caFile, problems);
    if (ca !== null && !ca.includes('-----BEGIN CERTIFICATE-----')) {
      const { setting, where, path } = draft.caFile;
      problems.push({ code: 'CONFIG_CA_FILE', values: { path: setting, value: path, where } });
    }
  }
  const certificate = await readCertificate(machine, draft, problems);
  return { settings: { ...draft.settings, output: { ...output, key, ca, certificate } }, problems };
}

/** The agent's own certificate and its key, which must belong together; undefined where there is none. */
async function readCertificate(
  machine: Machine,
  { certFile = null, certKeyFile = null }: Draft,
  problems: Problem[],
): Promise<AgentSettings['output']['certificate']> {
  if (certFile === null) {
    if (certKeyFile !== null) problems.push(certificateProblem(certKeyFile, 'cert_file'));
    return undefined;
  }
  const cert = await readNamed(machine, certFile, problems);
  const keyFile = certKeyFile ?? certFile;
  const key = certKeyFile === null ? cert : await readNamed(machine, certKeyFile, problems);
  if (cert === null || key === null) return undefined;
  if (!cert.includes('-----BEGIN CERTIFICATE-----'))
    problems.push(certificateProblem(certFile, 'CERTIFICATE'));
  else if (!/-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/.test(key))
    problems.push(certificateProblem(keyFile, 'PRIVATE KEY'));
  return { cert, key };
}

function certificateProblem({ path: value, setting: path, where }: NamedFile, missing: string): Problem {
  return { code: 'CONFIG_CERTIFICATE', values: { path, value, where, missing } };
}

async function readNamed(machine: Machine, file: NamedFile, problems: Problem[]): Promise<string | null> {
  const content = await readText(machine, file.path, file.path);
  if (content.kind === 'text' && content.text !== null) return content.text;
  const cause = content.kind === 'text' ? 'ENOENT' : String(content.problem.values.cause ?? '');
  const { setting, where, path } = file;
  const { userName: user } = machine.process;
  problems.push({
    code: 'CONFIG_FILE_UNREADABLE',
    values: { path: setting, value: path, where, cause, user },
  });
  return null;
}

type Text =
  | { readonly kind: 'text'; readonly text: string | null }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** UTF-8, without the mark that some editors put before it. */
async function readText(machine: Machine, path: string, shownAs: string): Promise<Text> {
  const { userName: user } = machine.process;
  try {
    const bytes = await readFile(machine.disk, path, fileBytesMax);
    if (bytes === null) return { kind: 'text', text: null };
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    const code = diskCode(error);
    if (code === null && !(error instanceof TypeError)) throw error;
    const problem: Problem =
      code === null
        ? { code: 'CONFIG_NOT_TEXT', values: { file: shownAs } }
        : { code: 'CONFIG_UNREADABLE', values: { file: shownAs, cause: code, user } };
    return { kind: 'problem', problem };
  }
}

/** A key in a file that everybody may read is worth a word. */
async function exposedKey(machine: Machine, draft: Draft, file: string): Promise<Problem[]> {
  const inFile = draft.origins.get('output.key')?.kind === 'file';
  const path = draft.keyFile?.path ?? (inFile ? file : null);
  if (path === null) return [];
  const stat = await machine.disk.stat(resolve(machine.process.workingDirectory, path)).catch(() => null);
  if (stat === null || (stat.permissions & 0o004) === 0) return [];
  return [{ code: 'CONFIG_KEY_EXPOSED', values: { file: path } }];
}

/** Problems are told from the top of the file to its end; those of no line come last. */
function lineOf(problem: Problem): number {
  const line = /:(\d+)(?::\d+)?$/.exec(String(problem.values.where ?? ''))?.[1];
  return line === undefined ? Number.POSITIVE_INFINITY : Number(line);
}

function causeOf(error: unknown): string {
  return diskCode(error) ?? (error instanceof Error ? error.message : String(error));
}

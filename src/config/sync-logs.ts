/**
 * Seed A's `.env`, unchanged: names, defaults and meanings are the original's (docs/configuration.md has the table).
 * Values of the real environment win over the file's; an empty one counts as not set.
 */
import { resolve } from 'node:path';
import type { Problem } from '../host/errors.ts';
import { syncLogsBase } from '../protocol/sync-logs.ts';
import type { AgentSettings } from '../settings/agent.ts';
import {
  agentSection,
  batchSection,
  fileSourceSection,
  outputSection,
  retrySection,
  spoolSection,
} from '../settings/declaration.ts';
import type { Field } from '../settings/field.ts';
import { escapeGlob } from '../settings/glob.ts';
import { defaultsOf } from '../settings/setting.ts';
import { mask, path, secret, text, url } from '../settings/text.ts';
import type { Draft, NamedFile, Origin, Surroundings } from './draft.ts';
import { shown } from './draft.ts';
import type { EnvFile } from './env-file.ts';
import { parseEnvFile } from './env-file.ts';
import { applyOverrides } from './overrides.ts';
import { faultProblem } from './section.ts';

/** The original's own, where the file is silent. */
const defaults = {
  batchIntervalMs: 500,
  retriesMax: 3,
  retryDelayMs: 5000,
  stateFile: 'state/agent.state',
};

/** Where later versions of the original keep the state, beside the working directory. */
const laterStateFile = 'state/agent.state';

const yearMs = 365 * 86_400_000;

interface Given {
  readonly name: string;
  readonly value: string;
  readonly origin: Origin;
  /** For messages: `.env:3` or `environment`. */
  readonly where: string;
}

interface Reading {
  readonly file: EnvFile;
  readonly around: Surroundings;
  readonly problems: Problem[];
  readonly notices: Problem[];
  readonly origins: Map<string, Origin>;
}

export function readSyncLogs(content: string, around: Surroundings): Draft {
  const file = parseEnvFile(content);
  const reading: Reading = { file, around, problems: [], notices: [], origins: new Map() };
  for (const line of file.passedOver) {
    reading.notices.push({ code: 'CONFIG_LINE_PASSED_OVER', values: { where: `${around.file}:${line}` } });
  }
  const absolute = (found: string): string => resolve(around.workingDirectory, found);
  const source = required('SOURCE', { field: text, setting: 'output.source' }, reading);
  const logFile = required('LOG_FILE', { field: path, setting: 'sources[0].include' }, reading);
  const endpoint =
    around.overrides.server === undefined
      ? required('API_URL', { field: url, setting: 'output.url' }, reading)
      : null;
  const token = around.overrides.key === undefined ? tokenOf(reading) : null;
  const target = applyOverrides({ url: endpoint, key: token }, around.overrides, reading);
  const stateFile = absolute(readText('STATE_FILE', path, reading, 'agent.state_dir') ?? defaults.stateFile);
  const caFile = given('SSL_CERT_FILE', reading);
  if (caFile !== null) reading.origins.set('output.ca_file', caFile.origin);
  const retryDelayMs = Math.max(1, seconds('RETRY_DELAY', 'retry.initial', reading) ?? defaults.retryDelayMs);
  const settings: AgentSettings = {
    profile: 'sync-logs',
    agent: { ...defaultsOf(agentSection), stateDirectory: `${stateFile}.almadia` },
    sources: [
      {
        ...defaultsOf(fileSourceSection),
        include: logFile === null ? [] : [escapeGlob(absolute(logFile))],
        exclude: [],
        startAt: 'end',
      },
    ],
    output: {
      ...outputDefaults(),
      type: 'sync-logs',
      url: syncLogsBase(target.url ?? ''),
      key: target.key,
      ca: null,
      source: source ?? '',
      path: '',
    },
    batch: {
      ...defaultsOf(batchSection),
      intervalMs: Math.max(
        1,
        seconds('BATCH_INTERVAL', 'batch.interval', reading) ?? defaults.batchIntervalMs,
      ),
    },
    spool: defaultsOf(spoolSection),
    retry: {
      ...defaultsOf(retrySection),
      initialMs: retryDelayMs,
      maxMs: retryDelayMs,
      attemptsMax: Math.max(1, count('MAX_RETRIES', 'retry.attempts', reading) ?? defaults.retriesMax),
    },
    takeover: { kind: 'sync-logs', stateFiles: [...new Set([stateFile, absolute(laterStateFile)])] },
  };
  return {
    settings,
    keyFile: null,
    caFile: caFile === null ? null : namedFile(caFile, absolute),
    urlWritten: around.overrides.server ?? given('API_URL', reading)?.value ?? '',
    origins: reading.origins,
    problems: reading.problems,
    notices: reading.notices,
  };
}

function outputDefaults(): Omit<AgentSettings['output'], 'url' | 'ca' | 'source' | 'path'> {
  const {
    keyFile: _key,
    caFile: _ca,
    certFile: _cert,
    certKeyFile: _certKey,
    ...kept
  } = defaultsOf(outputSection, 'sync-logs');
  return kept;
}

function namedFile(found: Given, absolute: (path: string) => string): NamedFile {
  return { path: absolute(found.value), setting: found.name, where: found.where };
}

/** From the environment, else from the file. */
function given(name: string, reading: Reading): Given | null {
  const { environment, file } = reading.around;
  const fromEnvironment = Object.hasOwn(environment, name) ? environment[name] : undefined;
  if (fromEnvironment !== undefined && fromEnvironment.trim() !== '') {
    const origin: Origin = { kind: 'environment', name };
    return { name, value: fromEnvironment.trim(), origin, where: 'environment' };
  }
  const entry = reading.file.entries.get(name);
  if (entry === undefined || entry.value === '') return null;
  return {
    name,
    value: entry.value,
    origin: { kind: 'file', file, line: entry.line, name },
    where: `${file}:${entry.line}`,
  };
}

function readText(name: string, field: Field<string>, reading: Reading, setting: string): string | null {
  const found = given(name, reading);
  return found === null ? null : accept(found, { field, setting }, reading);
}

type About = { readonly field: Field<string>; readonly setting: string };

function accept(found: Given, about: About, reading: Reading): string | null {
  reading.origins.set(about.setting, found.origin);
  const parsed = about.field.parse(found.value);
  if (parsed.kind === 'value') return parsed.value;
  const value = about.field.kind === 'secret' ? mask : shown(found.value);
  const values = { path: found.name, value, where: found.where };
  reading.problems.push(faultProblem(about.field.kind, parsed.fault, values));
  return null;
}

function required(name: string, about: About, reading: Reading): string | null {
  const found = given(name, reading);
  if (found !== null) return accept(found, about, reading);
  reading.problems.push({ code: 'CONFIG_VARIABLE_MISSING', values: { name, where: reading.around.file } });
  return null;
}

/** Both names of the token; one in the environment wins, else the documented name. */
function tokenOf(reading: Reading): string | null {
  const names = ['API_TOKEN', 'SECRET_TOKEN'].map((name) => given(name, reading));
  const both = names.filter((found) => found !== null);
  const chosen = both.find((found) => found.origin.kind === 'environment') ?? both[0];
  if (chosen === undefined) {
    return required('API_TOKEN', { field: secret, setting: 'output.key' }, reading);
  }
  if (new Set(both.map((found) => found.value)).size > 1) {
    const other = both.find((found) => found !== chosen)!;
    reading.notices.push({
      code: 'CONFIG_TWO_TOKENS',
      values: { name: chosen.name, where: chosen.where, other: other.name, otherWhere: other.where },
    });
  }
  return accept(chosen, { field: secret, setting: 'output.key' }, reading);
}

/** Seconds, whole or with decimals, as milliseconds. */
function seconds(name: string, setting: string, reading: Reading): number | null {
  const found = given(name, reading);
  if (found === null) return null;
  reading.origins.set(setting, found.origin);
  const ms = /^(\d+\.?\d*|\.\d+)$/.test(found.value) ? Math.round(Number(found.value) * 1000) : Number.NaN;
  if (ms <= yearMs) return ms;
  const values = { path: name, value: shown(found.value), where: found.where };
  reading.problems.push({ code: 'CONFIG_SECONDS', values });
  return null;
}

function count(name: string, setting: string, reading: Reading): number | null {
  const found = given(name, reading);
  if (found === null) return null;
  reading.origins.set(setting, found.origin);
  if (/^\d{1,9}$/.test(found.value)) return Number(found.value);
  const values = { path: name, value: shown(found.value), where: found.where };
  reading.problems.push({ code: 'CONFIG_INTEGER', values });
  return null;
}

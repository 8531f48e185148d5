/**
 * Seed B's `config.json`, unchanged: an absent key takes the original's default, an unknown one is passed over, a
 * missing `agent_id` is drawn and written back with every other key kept in its place.
 */
import { resolve } from 'node:path';
import type { Problem } from '../host/errors.ts';
import type { AgentSettings } from '../settings/agent.ts';
import {
  agentSection,
  batchSection,
  fileSourceSection,
  outputSection,
  spoolSection,
} from '../settings/declaration.ts';
import { escapeGlob } from '../settings/glob.ts';
import { defaultsOf } from '../settings/setting.ts';
import { mask, secret } from '../settings/text.ts';
import type { Draft, Origin, Surroundings } from './draft.ts';
import { shown } from './draft.ts';
import { applyOverrides } from './overrides.ts';
import { faultProblem } from './section.ts';

type Json = Readonly<Record<string, unknown>>;

/** The original's defaults, in its order. It has no useful default for the key: the user must set one. */
const defaults = {
  server_url: 'http://localhost:5000',
  api_key: '',
  agent_id: null,
  heartbeat_interval: 60,
  batch_interval: 5,
  batch_size: 50,
  log_sources: {
    linux: ['/var/log/syslog', '/var/log/auth.log', '/var/log/secure'],
    windows: ['Security', 'System', 'Application'],
  },
  buffer_db: 'log_buffer.db',
  agent_log_file: 'agent.log',
  retry_interval: 30,
  max_retries: 5,
} as const;

type Key = keyof typeof defaults;

const macSources = ['/var/log/system.log'];
const yearSeconds = 365 * 86_400;

/** What the original writes where there is no file yet. */
export function ilaSocDefaultsText(): string {
  return `${JSON.stringify(defaults, null, 2)}\n`;
}

export interface IlaSocSurroundings extends Surroundings {
  readonly osType: 'Linux' | 'Darwin' | 'Windows';
  /** Taken where the file has no agent id. */
  readonly newId: string;
}

export interface IlaSocDraft extends Draft {
  /** The file's new text where an id was drawn; null where nothing is to be written. */
  readonly rewritten: string | null;
}

interface Reading {
  readonly json: Json;
  readonly content: string;
  readonly around: IlaSocSurroundings;
  readonly problems: Problem[];
  readonly notices: Problem[];
  readonly origins: Map<string, Origin>;
}

export function readIlaSoc(content: string, around: IlaSocSurroundings): IlaSocDraft {
  const problems: Problem[] = [];
  const json = parseJson(content, { file: around.file, problems });
  const reading: Reading = { json, content, around, problems, notices: [], origins: new Map() };
  for (const key of Object.keys(json).filter((name) => !Object.hasOwn(defaults, name))) {
    reading.notices.push({
      code: 'CONFIG_KEY_PASSED_OVER',
      values: { path: shown(key), where: whereOf(key, reading), known: Object.keys(defaults).join(', ') },
    });
  }
  const absolute = (found: string): string => resolve(around.workingDirectory, found);
  const server = texts('server_url', 'output.url', reading);
  const target = applyOverrides({ url: server, key: keyOf(reading) }, around.overrides, reading);
  const id = idOf(reading);
  const buffer = absolute(texts('buffer_db', 'agent.state_dir', reading));
  const retryMs = Math.max(1, numbers('retry_interval', 'retry.initial', reading) * 1000);
  const {
    keyFile: _key,
    caFile: _ca,
    certFile: _cert,
    certKeyFile: _certKey,
    ...outputDefaults
  } = defaultsOf(outputSection, 'ila-soc');
  const settings: AgentSettings = {
    profile: 'ila-soc',
    agent: {
      ...defaultsOf(agentSection),
      id: id ?? around.newId,
      stateDirectory: `${buffer}.almadia`,
      logFile: absolute(texts('agent_log_file', 'agent.log_file', reading)),
      heartbeatIntervalMs: Math.max(
        1000,
        numbers('heartbeat_interval', 'agent.heartbeat_interval', reading) * 1000,
      ),
    },
    sources: [
      {
        ...defaultsOf(fileSourceSection),
        include: pathsOf(reading).map((found) => escapeGlob(absolute(found))),
        exclude: [],
        startAt: 'end',
      },
    ],
    output: {
      ...outputDefaults,
      type: 'ila-soc',
      url: target.url ?? '',
      key: target.key,
      ca: null,
      source: '',
      path: '',
    },
    batch: {
      ...defaultsOf(batchSection),
      recordsMax: Math.max(1, Math.round(numbers('batch_size', 'batch.records', reading))),
      intervalMs: Math.max(1, numbers('batch_interval', 'batch.interval', reading) * 1000),
    },
    spool: defaultsOf(spoolSection),
    retry: {
      initialMs: retryMs,
      maxMs: retryMs,
      attemptsMax: Math.max(1, Math.round(numbers('max_retries', 'retry.attempts', reading))),
    },
    takeover: { kind: 'ila-soc', bufferFile: buffer },
  };
  return {
    settings,
    keyFile: null,
    caFile: null,
    urlWritten: around.overrides.server ?? server,
    origins: reading.origins,
    problems,
    notices: reading.notices,
    rewritten: id === null && problems.length === 0 ? withId(content, json, around.newId) : null,
  };
}

function parseJson(
  content: string,
  about: { readonly file: string; readonly problems: Problem[] },
): Record<string, unknown> {
  let cause = 'the whole file must be one object: { … }';
  let position = 0;
  try {
    const found: unknown = JSON.parse(content);
    if (typeof found === 'object' && found !== null && !Array.isArray(found)) {
      return found as Record<string, unknown>;
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // The rest of the message may quote the file, and with it a key.
    cause = message.split(/ in JSON|, (?:\.\.\.)?"| at position/)[0]!;
    position = faultPosition(message, content);
  }
  const before = content.slice(0, position).split('\n');
  const where = `${about.file}:${before.length}:${before.at(-1)!.length + 1}`;
  about.problems.push({ code: 'CONFIG_SYNTAX', values: { where, cause } });
  return {};
}

/** V8 either names the position, or quotes ten characters before and after it; near the start it quotes from there. */
function faultPosition(message: string, content: string): number {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return Number(position);
  const quoted = /^Unexpected token '(.)', (\.\.\.)?"([\s\S]*)"(?:\.\.\.)? is not valid JSON$/u.exec(message);
  if (quoted === null) return content.length;
  const at = content.indexOf(quoted[3]!);
  return quoted[2] === undefined ? Math.max(0, content.indexOf(quoted[1]!)) : at + 10;
}

/** The place of a key at the top of the file, found by its text; JSON itself keeps no places. */
function lineOf(key: string, content: string): number {
  const at = content.search(new RegExp(`${JSON.stringify(key).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*:`));
  return at < 0 ? 1 : content.slice(0, at).split('\n').length;
}

function whereOf(key: string, reading: Reading): string {
  return `${reading.around.file}:${lineOf(key, reading.content)}`;
}

function givenValue(key: Key, setting: string, reading: Reading): unknown {
  const { json, content, around } = reading;
  if (!Object.hasOwn(json, key)) return defaults[key];
  reading.origins.set(setting, {
    kind: 'file',
    file: around.file,
    line: lineOf(key, content),
    name: key,
  });
  return json[key];
}

function texts(
  key: 'server_url' | 'buffer_db' | 'agent_log_file',
  setting: string,
  reading: Reading,
): string {
  const found = givenValue(key, setting, reading);
  const field = outputSection[key === 'server_url' ? 'url' : 'path'].field;
  const parsed = typeof found === 'string' ? field.parse(found) : null;
  if (parsed?.kind === 'value') return parsed.value as string;
  const values = { path: key, value: shown(JSON.stringify(found)), where: whereOf(key, reading) };
  reading.problems.push({ code: key === 'server_url' ? 'CONFIG_URL' : 'CONFIG_PATH', values });
  return defaults[key];
}

function numbers(
  key: 'heartbeat_interval' | 'batch_interval' | 'batch_size' | 'retry_interval' | 'max_retries',
  setting: string,
  reading: Reading,
): number {
  const found = givenValue(key, setting, reading);
  if (typeof found === 'number' && found >= 0 && found <= yearSeconds) return found;
  const code = key === 'batch_size' || key === 'max_retries' ? 'CONFIG_INTEGER' : 'CONFIG_SECONDS';
  const values = { path: key, value: shown(JSON.stringify(found)), where: whereOf(key, reading) };
  reading.problems.push({ code, values });
  return defaults[key];
}

/** An empty key is the original's default: it starts, is refused, keeps everything, and says what to do. */
function keyOf(reading: Reading): string {
  const found = givenValue('api_key', 'output.key', reading);
  if (found === '' || found === null) return '';
  const parsed = typeof found === 'string' ? secret.parse(found) : null;
  if (parsed?.kind === 'value') return parsed.value;
  const values = { path: 'api_key', value: mask, where: whereOf('api_key', reading) };
  reading.problems.push(faultProblem('secret', { kind: 'wrong' }, values));
  return '';
}

function idOf(reading: Reading): string | null {
  const found = givenValue('agent_id', 'agent.id', reading);
  if (found === null || found === '') {
    reading.origins.set('agent.id', { kind: 'generated' });
    return null;
  }
  const parsed =
    typeof found === 'string' || typeof found === 'number' ? agentSection.id.field.parse(found) : null;
  if (parsed?.kind === 'value') return parsed.value as string;
  const values = {
    path: 'agent_id',
    value: shown(JSON.stringify(found)),
    where: whereOf('agent_id', reading),
  };
  reading.problems.push({ code: 'CONFIG_TEXT', values });
  return null;
}

/** The list for this system; Windows event logs are not files, so they give none here. */
function pathsOf(reading: Reading): readonly string[] {
  const found = givenValue('log_sources', 'sources[0].include', reading);
  const lists = typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as Json) : null;
  const { osType } = reading.around;
  const list =
    osType === 'Linux'
      ? (lists?.linux ?? defaults.log_sources.linux)
      : osType === 'Darwin'
        ? (lists?.darwin ?? lists?.macos ?? macSources)
        : [];
  if (
    lists !== null &&
    Array.isArray(list) &&
    list.every((item) => typeof item === 'string' && item !== '')
  ) {
    return list;
  }
  const values = { path: 'log_sources', where: whereOf('log_sources', reading) };
  reading.problems.push({ code: 'CONFIG_LOG_SOURCES', values });
  return [];
}

/** Keys keep their order and the file its indentation. */
function withId(content: string, json: Json, id: string): string {
  const indent = /^\s*\{\r?\n([ \t]+)/.exec(content)?.[1] ?? '  ';
  return `${JSON.stringify({ ...json, agent_id: id }, null, indent)}\n`;
}

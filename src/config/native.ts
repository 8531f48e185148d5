/** The native file, `almadia.yaml`: YAML read against the declaration. Relative paths are taken from its directory. */
import { dirname, resolve } from 'node:path';
import { syncLogsBase } from '../protocol/sync-logs.ts';
import type { AgentSettings, OutputSettings } from '../settings/agent.ts';
import {
  agentSection,
  batchSection,
  fileSourceSection,
  limitsSection,
  outputSection,
  retrySection,
  spoolSection,
} from '../settings/declaration.ts';
import { absoluteExclude, absoluteGlob } from '../settings/glob.ts';
import { largestBytes, memoryShares } from '../settings/memory.ts';
import { writeBytes, writeDuration } from '../settings/quantity.ts';
import type { ValuesOf } from '../settings/setting.ts';
import type { Draft, NamedFile, Surroundings } from './draft.ts';
import type { Tree } from './located.ts';
import { parseLocated } from './located.ts';
import { applyOverrides } from './overrides.ts';
import type { Reading } from './section.ts';
import { entriesOf, placeName, readSection, unknownKey } from './section.ts';

const sections = ['agent', 'sources', 'output', 'batch', 'spool', 'retry', 'limits'] as const;
type SectionName = (typeof sections)[number];

export function readNative(text: string, around: Surroundings): Draft {
  const reading: Reading = {
    file: around.file,
    environment: around.environment,
    problems: [],
    origins: new Map(),
  };
  const { tree, faults } = parseLocated(text);
  for (const fault of faults) {
    const values = { where: placeName(reading, fault.at), cause: fault.cause };
    reading.problems.push({ code: 'CONFIG_SYNTAX', values });
  }
  const parts = faults.length > 0 ? {} : partsOf(tree, reading);
  const directory = dirname(resolve(around.workingDirectory, around.file));
  const agent = readSection(parts.agent ?? null, agentSection, { path: 'agent', reading });
  const declared = readOutput(parts.output ?? null, around, reading);
  const settings: AgentSettings = {
    profile: 'native',
    agent: {
      ...agent,
      stateDirectory: resolve(directory, agent.stateDirectory),
      logFile: agent.logFile === null ? null : resolve(directory, agent.logFile),
    },
    sources: readSources(parts.sources ?? null, reading).map((source) => ({
      ...source,
      include: source.include.map((pattern) => absoluteGlob(pattern, directory)),
      exclude: source.exclude.map((pattern) => absoluteExclude(pattern, directory)),
    })),
    output: settledOutput(declared, directory),
    batch: readSection(parts.batch ?? null, batchSection, { path: 'batch', reading }),
    spool: readSection(parts.spool ?? null, spoolSection, { path: 'spool', reading }),
    retry: readSection(parts.retry ?? null, retrySection, { path: 'retry', reading }),
    limits: readSection(parts.limits ?? null, limitsSection, { path: 'limits', reading }),
    takeover: { kind: 'none' },
  };
  if (faults.length === 0) {
    checkParts(parts, reading);
    checkRetry(settings, reading);
    checkMemory(settings, reading);
  }
  const named = (path: string | null, key: string): NamedFile | null =>
    path === null
      ? null
      : {
          path: resolve(directory, path),
          setting: `output.${key}`,
          where: whereOf(`output.${key}`, reading),
        };
  return {
    settings,
    keyFile: named(declared.keyFile, 'key_file'),
    caFile: named(declared.caFile, 'ca_file'),
    certFile: named(declared.certFile, 'cert_file'),
    certKeyFile: named(declared.certKeyFile, 'cert_key_file'),
    urlWritten: declared.url ?? '',
    origins: reading.origins,
    problems: reading.problems,
    notices: [],
  };
}

function partsOf(tree: Tree | null, reading: Reading): Partial<Record<SectionName, Tree>> {
  const parts: Partial<Record<SectionName, Tree>> = {};
  for (const entry of entriesOf(tree, '', reading)) {
    const name = sections.find((candidate) => candidate === entry.key);
    if (name !== undefined) {
      parts[name] = entry.tree;
      continue;
    }
    const problem = unknownKey(entry, entry.key, sections);
    const where = placeName(reading, entry.at);
    reading.problems.push({ code: problem.code, values: { ...problem.values, where } });
  }
  return parts;
}

function checkParts(parts: Partial<Record<SectionName, Tree>>, reading: Reading): void {
  for (const name of ['sources', 'output'] as const) {
    if (parts[name] !== undefined) continue;
    reading.problems.push({ code: 'CONFIG_MISSING', values: { path: name, where: reading.file } });
  }
}

function checkRetry(settings: AgentSettings, reading: Reading): void {
  const { initialMs, maxMs } = settings.retry;
  if (initialMs <= maxMs) return;
  reading.problems.push({
    code: 'CONFIG_RANGE',
    values: {
      path: 'retry.initial',
      value: writeDuration(initialMs),
      where: whereOf('retry.initial', reading),
      least: '1ms',
      most: `${writeDuration(maxMs)} (retry.max)`,
    },
  });
}

function checkMemory(settings: AgentSettings, reading: Reading): void {
  const bytesMax = settings.limits?.memoryBytesMax ?? null;
  const needed = memoryShares * largestBytes(settings);
  if (bytesMax === null || bytesMax >= needed) return;
  reading.problems.push({
    code: 'CONFIG_RANGE',
    values: {
      path: 'limits.memory',
      value: writeBytes(bytesMax),
      where: whereOf('limits.memory', reading),
      least: `${writeBytes(needed)} (${memoryShares} times batch.bytes or line_bytes_max)`,
      most: writeBytes(2 ** 31),
    },
  });
}

function readSources(tree: Tree | null, reading: Reading): readonly ValuesOf<typeof fileSourceSection>[] {
  if (tree === null) return [];
  if (tree.kind !== 'list' || tree.items.length === 0) {
    const values = { path: 'sources', where: placeName(reading, tree.at) };
    reading.problems.push({ code: 'CONFIG_NOT_A_LIST', values });
    return [];
  }
  return tree.items.map((item, index) =>
    readSection(item, fileSourceSection, { path: `sources[${index}]`, reading }),
  );
}

type DeclaredOutput = ValuesOf<typeof outputSection>;

function readOutput(tree: Tree | null, around: Surroundings, reading: Reading): DeclaredOutput {
  const read = readSection(tree, outputSection, { path: 'output', type: typeOf(tree), reading });
  const output = applyOverrides(read, around.overrides, reading);
  if (tree?.kind !== 'map') return output;
  const where = placeName(reading, tree.at);
  const failed = (key: string): boolean =>
    reading.problems.some((problem) => problem.values.path === `output.${key}`);
  const need = (key: string, given: unknown): void => {
    if (given !== null || failed(key)) return;
    reading.problems.push({
      code: 'CONFIG_NEEDED',
      values: { path: `output.${key}`, where, type: output.type },
    });
  };
  if (output.key !== null && output.keyFile !== null) {
    if (around.overrides.key !== undefined) return { ...output, keyFile: null };
    reading.problems.push({
      code: 'CONFIG_TWICE',
      values: { path: 'output.key', other: 'output.key_file', where: whereOf('output.key_file', reading) },
    });
  }
  switch (output.type) {
    case 'hub':
    case 'ila-soc':
    case 'sync-logs':
      need('url', output.url);
      need('key', output.key ?? output.keyFile);
      if (output.type === 'sync-logs') need('source', output.source);
      break;
    case 'file':
      need('path', output.path);
      break;
    case 'stdout':
      break;
  }
  return output;
}

/** Looked up before the section is read, because other defaults depend on it. */
function typeOf(tree: Tree | null): string {
  const entry = tree?.kind === 'map' ? tree.entries.find(({ key }) => key === 'type') : undefined;
  return entry?.tree.kind === 'scalar' ? entry.tree.source : '';
}

function settledOutput(declared: DeclaredOutput, directory: string): OutputSettings {
  const { keyFile: _key, caFile: _ca, certFile: _cert, certKeyFile: _certKey, ...kept } = declared;
  return {
    ...kept,
    url: declared.type === 'sync-logs' ? syncLogsBase(declared.url ?? '') : (declared.url ?? ''),
    ca: null,
    source: declared.source ?? '',
    path: declared.path === null ? '' : resolve(directory, declared.path),
  };
}

function whereOf(path: string, reading: Reading): string {
  const origin = reading.origins.get(path);
  return origin?.kind === 'file' ? `${origin.file}:${origin.line}` : reading.file;
}

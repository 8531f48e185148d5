/** The configuration that takes effect, setting by setting: its written value and where that came from. */
import type { Origin } from '../config/draft.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Language } from '../host/errors.ts';
import type { SectionName } from '../settings/declaration.ts';
import { declaration, limitsSection } from '../settings/declaration.ts';
import { scalarText } from '../settings/example.ts';
import type { Scalar } from '../settings/field.ts';
import { defaultsOf, type Section, type Setting } from '../settings/setting.ts';
import { mask } from '../settings/text.ts';
import { say } from './messages.ts';

export interface EffectiveSetting {
  /** Such as `sources[0].include`. */
  readonly path: string;
  readonly key: string;
  /** Secrets are masked. */
  readonly value: Scalar | readonly Scalar[];
  readonly origin: Origin;
}

export interface EffectiveSection {
  readonly name: SectionName;
  /** One, but for `sources`. */
  readonly parts: readonly (readonly EffectiveSetting[])[];
}

export function effectiveSections(config: LoadedConfig): readonly EffectiveSection[] {
  const { settings } = config;
  const output = {
    ...settings.output,
    url: settings.output.url || null,
    source: settings.output.source || null,
    path: settings.output.path || null,
    keyFile: config.keyFile,
    caFile: config.caFile,
    certFile: config.certFile,
    certKeyFile: config.certKeyFile,
  };
  const values: Readonly<Record<SectionName, readonly object[]>> = {
    agent: [settings.agent],
    sources: settings.sources,
    output: [output],
    batch: [settings.batch],
    spool: [settings.spool],
    retry: [settings.retry],
    limits: [settings.limits ?? defaultsOf(limitsSection)],
  };
  return (Object.entries(declaration) as [SectionName, Section][]).map(([name, section]) => ({
    name,
    parts: values[name].map((part, index) => {
      const path = name === 'sources' ? `sources[${index}]` : name;
      return effectiveSettings(part as Record<string, unknown>, { section, path, config });
    }),
  }));
}

function effectiveSettings(
  values: Readonly<Record<string, unknown>>,
  how: { readonly section: Section; readonly path: string; readonly config: LoadedConfig },
): EffectiveSetting[] {
  return Object.entries(how.section).map(([name, setting]) => {
    const path = `${how.path}.${setting.key}`;
    return {
      path,
      key: setting.key,
      value: writtenValue(values[name], setting),
      origin: how.config.origins.get(path) ?? { kind: 'default' },
    };
  });
}

function writtenValue(value: unknown, setting: Setting<unknown>): Scalar | readonly Scalar[] {
  if (setting.shape === 'list') return (value as readonly unknown[]).map((item) => setting.field.write(item));
  if (setting.field.kind === 'secret') return value === null ? null : mask;
  return setting.field.write(value);
}

export function originText(origin: Origin, language: Language): string {
  switch (origin.kind) {
    case 'default':
      return say(language, 'originDefault');
    case 'file': {
      const named = /[.[]/.test(origin.name) ? '' : ` ${origin.name}`;
      return `${origin.file}:${origin.line}${named}`;
    }
    case 'environment':
      return say(language, 'originEnvironment', { name: origin.name });
    case 'command-line':
      return origin.option;
    case 'generated':
      return say(language, 'originGenerated');
  }
}

/** By path, such as `batch.bytes`: what a file would have behind the colon. */
export function effectiveTexts(config: LoadedConfig): Readonly<Record<string, string>> {
  const settings = effectiveSections(config).flatMap(({ parts }) => parts.flat());
  return Object.fromEntries(settings.map(({ path, value }) => [path, valueText(value)]));
}

/** As a native file, with the origin of each value behind it. */
export function effectiveYaml(config: LoadedConfig, language: Language): string {
  const lines = [`# ${say(language, 'configShown', { file: config.file, format: config.format })}`];
  for (const section of effectiveSections(config)) {
    lines.push(`${section.name}:`);
    for (const part of section.parts) {
      for (const [index, setting] of part.entries()) {
        const indent = section.name !== 'sources' ? '  ' : index === 0 ? '  - ' : '    ';
        const entry = `${indent}${setting.key}: ${valueText(setting.value)}`;
        lines.push(`${entry.padEnd(48)} # ${originText(setting.origin, language)}`);
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

function valueText(value: Scalar | readonly Scalar[]): string {
  if (typeof value !== 'object' || value === null) return scalarText(value as Scalar);
  return `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
}

/** The tables of docs/configuration.md and the JSON Schema for editors, made from the declaration. */
import type { SectionName } from './declaration.ts';
import { declaration } from './declaration.ts';
import { writtenDefault } from './example.ts';
import type { Section, Setting } from './setting.ts';

const kinds: Readonly<Record<string, string>> = {
  boolean: 'true or false',
  bytes: 'size',
  choice: 'one of',
  duration: 'duration',
  glob: 'pattern',
  integer: 'whole number',
  listen: 'address',
  path: 'path',
  secret: 'secret',
  text: 'text',
  url: 'address',
};

/** Markdown: a heading and a table for each section. */
export function settingsTables(): string {
  const parts = (Object.entries(declaration) as [SectionName, Section][]).map(([name, section]) => {
    const rows = Object.values(section).map(rowOf);
    return [
      `### \`${name}\`${name === 'sources' ? ' (a list)' : ''}`,
      '',
      '| key | type | default | meaning |',
      '| --- | --- | --- | --- |',
      ...rows,
    ].join('\n');
  });
  return `${parts.join('\n\n')}\n`;
}

function rowOf(setting: Setting<unknown>): string {
  const { field } = setting;
  const limits =
    field.limits === '' ? '' : field.kind === 'choice' ? ` ${field.limits}` : ` (${field.limits})`;
  const kind = `${setting.shape === 'list' ? 'list of ' : ''}${kinds[field.kind]}${limits}`;
  const byType = Object.entries(setting.defaultByType).map(
    ([type, found]) => `; ${type}: \`${String(field.write(found))}\``,
  );
  const usual = setting.required ? 'required' : `\`${writtenDefault(setting)}\`${byType.join('')}`;
  return `| \`${setting.key}\` | ${kind} | ${usual} | ${setting.en.replaceAll('|', '\\|')} |`;
}

/** JSON Schema, draft 2020-12. Every value may also be a text with `${NAME}` in it. */
export function settingsSchema(): Record<string, unknown> {
  const sections = Object.entries(declaration) as [SectionName, Section][];
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'almadia.yaml',
    type: 'object',
    additionalProperties: false,
    required: ['sources', 'output'],
    properties: Object.fromEntries(
      sections.map(([name, section]) => [
        name,
        name === 'sources'
          ? { type: 'array', minItems: 1, items: sectionSchema(section) }
          : { ...sectionSchema(section), type: ['object', 'null'] },
      ]),
    ),
  };
}

function sectionSchema(section: Section): Record<string, unknown> {
  const settings = Object.values(section);
  const required = settings.filter((setting) => setting.required).map((setting) => setting.key);
  return {
    type: 'object',
    additionalProperties: false,
    ...(required.length > 0 ? { required } : {}),
    properties: Object.fromEntries(settings.map((setting) => [setting.key, settingSchema(setting)])),
  };
}

function settingSchema(setting: Setting<unknown>): Record<string, unknown> {
  const filled = { type: 'string', pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}' };
  const value = { anyOf: [setting.field.schema, filled] };
  const schema =
    setting.shape === 'list' ? { anyOf: [{ type: 'array', items: value }, ...value.anyOf] } : value;
  const usual =
    setting.shape === 'list'
      ? (setting.default as readonly unknown[]).map((item) => setting.field.write(item))
      : setting.field.write(setting.default);
  return { description: setting.en, default: usual, ...schema };
}

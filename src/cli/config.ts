/** `almadia config validate` and `almadia config show`. */
import { loadConfig } from '../config/load.ts';
import { printablePath } from '../host/disk.ts';
import type { CommandContext, CommandDescription } from './command.ts';
import { configOption, configRequest, jsonOption, targetOptions, tellProblems } from './config-options.ts';
import { effectiveSections, effectiveYaml } from './effective.ts';
import { say } from './messages.ts';
import { problemJson } from './report.ts';

const exits: CommandDescription['exits'] = [
  { code: 0, text: { en: 'the configuration is valid', es: 'la configuración es válida' } },
  { code: 2, text: { en: 'it is not; every problem is told', es: 'no lo es; se dice cada problema' } },
];

export const command: CommandDescription = {
  name: 'config',
  summary: {
    en: 'Validates the configuration, or shows what takes effect',
    es: 'Valida la configuración, o muestra lo que tiene efecto',
  },
  options: [],
  exits: [],
  commands: [
    {
      name: 'validate',
      summary: {
        en: 'Tells every problem of the configuration at once, each with its place and its fix',
        es: 'Dice de una vez cada problema de la configuración, con su lugar y su arreglo',
      },
      options: [configOption, ...targetOptions, jsonOption],
      exits,
      run: validate,
    },
    {
      name: 'show',
      summary: {
        en: 'Shows the configuration that takes effect, with where each value came from; keys are masked',
        es: 'Muestra la configuración que tiene efecto y de dónde sale cada valor; las claves van ocultas',
      },
      options: [configOption, ...targetOptions, jsonOption],
      exits,
      run: show,
    },
  ],
};

async function validate(context: CommandContext): Promise<number> {
  const { language } = context;
  const result = await loadConfig(context.host, configRequest(context.options));
  const invalid = result.kind === 'invalid';
  const problems = invalid ? result.problems : [];
  const notices = invalid ? [] : result.config.notices;
  const file = invalid ? result.file : result.config.file;
  if (context.options.flag('json')) {
    const told = (list: typeof problems) => list.map((problem) => problemJson(problem, language));
    const format = invalid ? null : result.config.format;
    writeJson(context, { valid: !invalid, file, format, problems: told(problems), notices: told(notices) });
    return invalid ? 2 : 0;
  }
  tellProblems(context, problems);
  tellProblems(context, notices, 'warning');
  if (!invalid) {
    const values = { file: printablePath(result.config.file), format: result.config.format };
    context.console.out(`${say(language, 'configValid', values)}\n`);
  } else if (problems.length > 1) {
    context.console.err(`${say(language, 'configProblems', { count: problems.length })}\n`);
  }
  return invalid ? 2 : 0;
}

async function show(context: CommandContext): Promise<number> {
  const { language } = context;
  const result = await loadConfig(context.host, configRequest(context.options));
  if (result.kind === 'invalid') {
    tellProblems(context, result.problems);
    return 2;
  }
  const { config } = result;
  if (context.options.flag('json')) {
    const settings = effectiveSections(config)
      .flatMap((section) => section.parts.flat())
      .map(({ path, value, origin }) => ({ path, value, origin }));
    writeJson(context, { file: config.file, format: config.format, settings });
    return 0;
  }
  context.console.out(effectiveYaml(config, language));
  return 0;
}

function writeJson(context: CommandContext, value: unknown): void {
  context.console.out(`${JSON.stringify(value, null, 2)}\n`);
}

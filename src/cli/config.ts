/** `almadia config validate` and `almadia config show`. */
import { loadConfig } from '../config/load.ts';
import { printablePath } from '../host/disk.ts';
import type { CommandContext } from './command.ts';
import { configRequest, tellProblems } from './config-options.ts';
import { effectiveSections, effectiveYaml } from './effective.ts';
import { say } from './messages.ts';
import { problemJson } from './report.ts';

export async function validate(context: CommandContext): Promise<number> {
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

export async function show(context: CommandContext): Promise<number> {
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

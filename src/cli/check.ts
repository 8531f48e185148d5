/** `almadia check`: seed A's connection test for any configuration. */
import { loadConfig } from '../config/load.ts';
import { checkDirectories, checkFiles } from './check-machine.ts';
import type { CheckResult } from './check-report.ts';
import { passed, resultsJson, resultText } from './check-report.ts';
import { checkServer } from './check-server.ts';
import type { CommandContext } from './command.ts';
import { configRequest, tellProblems } from './config-options.ts';
import { say } from './messages.ts';

export async function run(context: CommandContext): Promise<number> {
  const { host, language, console, options } = context;
  const loaded = await loadConfig(host, configRequest(options, 'id'));
  if (loaded.kind === 'invalid') {
    tellProblems(context, loaded.problems);
    return 2;
  }
  const { config } = loaded;
  const json = options.flag('json');
  const tell = (result: CheckResult): void => {
    const quietWhenFine = result.name === 'directories' && config.format === 'sync-logs';
    if (!json) console.out(resultText(result, { language, quietWhenFine }));
  };
  if (!json) console.out(`${say(language, 'checkBegin')}\n`);
  const results: CheckResult[] = [];
  const steps: readonly (() => Promise<CheckResult | null>)[] = [
    () => checkFiles(host, config.settings),
    () => checkDirectories(host, config.settings),
    () => checkServer(host, { config, language, sendTestLine: options.flag('send-test-line') }),
  ];
  for (const step of steps) {
    const result = await step();
    if (result === null) continue;
    results.push(result);
    tell(result);
  }
  const ok = passed(results);
  if (json) console.out(`${JSON.stringify(resultsJson(results, language), null, 2)}\n`);
  else console.out(`${say(language, ok ? 'checkAllPassed' : 'checkSomeFailed')}\n`);
  return ok ? 0 : 1;
}

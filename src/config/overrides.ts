/** `--server` and `--key`: they win over what the file says, in every format. */

import type { Problem } from '../host/errors.ts';
import { outputSection } from '../settings/declaration.ts';
import { mask } from '../settings/text.ts';
import type { Origin, Overrides } from './draft.ts';
import { shown } from './draft.ts';
import { faultProblem } from './section.ts';

interface Target {
  readonly url: string | null;
  readonly key: string | null;
}

export function applyOverrides<Output extends Target>(
  output: Output,
  overrides: Overrides,
  noted: { readonly problems: Problem[]; readonly origins: Map<string, Origin> },
): Output {
  const take = (name: 'url' | 'key', option: string, given: string | undefined): string | null => {
    if (given === undefined) return output[name];
    const field = outputSection[name].field;
    const parsed = field.parse(given);
    noted.origins.set(`output.${name}`, { kind: 'command-line', option });
    if (parsed.kind === 'value') return parsed.value as string;
    const value = name === 'key' ? mask : shown(given);
    noted.problems.push(faultProblem(field.kind, parsed.fault, { path: option, value, where: option }));
    return output[name];
  };
  return {
    ...output,
    url: take('url', '--server', overrides.server),
    key: take('key', '--key', overrides.key),
  };
}

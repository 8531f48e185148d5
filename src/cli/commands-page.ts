/** docs/commands.md: every command's own help, in English, made from the descriptions. */
import type { CommandDescription } from './command.ts';
import { helpOf, programHelp } from './program.ts';
import { registry } from './registry.ts';

export function commandsPage(): string {
  const parts: string[] = [block(programHelp('en'))];
  for (const command of Object.values(registry)) {
    if (command.hidden !== true) parts.push(...commandParts(command, []));
  }
  return `${parts.join('\n\n')}\n`;
}

function commandParts(command: CommandDescription, above: readonly string[]): string[] {
  const path = [...above, command.name];
  const heading = `${'#'.repeat(path.length + 1)} \`almadia ${path.join(' ')}\``;
  const help = block(helpOf(command, 'en', ['almadia', ...above].join(' ')));
  return [heading, help, ...(command.commands ?? []).flatMap((child) => commandParts(child, path))];
}

function block(help: string): string {
  return `\`\`\`text\n${help.trimEnd()}\n\`\`\``;
}

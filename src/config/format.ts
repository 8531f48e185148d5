/** Tells the three formats apart by content; only where a file says nothing does its name decide. */
export type Format = 'native' | 'sync-logs' | 'ila-soc';

export function formatOf(text: string, name: string): Format {
  const line = text
    .split(/\r\n|\n|\r/)
    .map((candidate) => candidate.trim())
    .find((candidate) => candidate !== '' && !candidate.startsWith('#') && candidate !== '---');
  if (line === undefined) return byName(name);
  // YAML may be written with braces too; seed B's file never has these sections.
  if (line.startsWith('{')) return /"(?:sources|output)"\s*:\s*[[{]/.test(text) ? 'native' : 'ila-soc';
  return /^(?:export\s+)?[A-Za-z_][A-Za-z0-9_.-]*\s*=/.test(line) ? 'sync-logs' : byLooks(text, name);
}

/** A first line that is none of it: a JSON list, a stray word. */
function byLooks(text: string, name: string): Format {
  if (/^[ \t]*[A-Za-z_][\w-]*[ \t]*:(?:\s|$)/m.test(text)) return 'native';
  return byName(name);
}

function byName(name: string): Format {
  if (name.endsWith('.json')) return 'ila-soc';
  return /(?:^|\/)\.env(?:\.|$)|\.env$/.test(name) ? 'sync-logs' : 'native';
}

/**
 * What a person pastes into a root shell on a server to have an agent there: the key in a file for root alone, a
 * configuration, the service. Nothing secret stands on a command line, where other users of the machine would see it.
 */

export interface Wanted {
  /** The agent that the key is bound to; null: the agent draws an id of its own. */
  readonly agent: string | null;
  readonly secret: string;
  /** Of the hub as agents reach it, such as https://logs.example; null where it is not known. */
  readonly origin: string | null;
}

/**
 * Null where a name would need quoting that a shell, YAML and the configuration's variables all agree on: whoever made
 * such a name writes the file by hand.
 */
export function installText({ agent, secret, origin }: Wanted): string | null {
  if (origin === null || !/^https?:\/\/[\w.:[\]-]+$/.test(origin)) return null;
  if (agent !== null && !/^[\w.:@-]+$/.test(agent)) return null;
  return [
    'umask 077 && mkdir -p /etc/almadia',
    "cat > /etc/almadia/almadia.env <<'END'",
    `ALMADIA_KEY=${secret}`,
    'END',
    "cat > /etc/almadia/almadia.yaml <<'END'",
    'agent:',
    ...(agent === null ? [] : [`  id: "${agent}"`]),
    '  state_dir: "${STATE_DIRECTORY:-/var/lib/almadia}"',
    'sources:',
    '  - include: ["/var/log/*.log", "/var/log/syslog"]',
    'output:',
    `  url: "${origin}"`,
    '  key: "${ALMADIA_KEY}"',
    'END',
    'chmod 755 /etc/almadia && chmod 644 /etc/almadia/almadia.yaml',
    'almadia service install',
    '',
  ].join('\n');
}

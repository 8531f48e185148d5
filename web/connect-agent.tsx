/** What to do next on a hub that no agent has spoken to yet. */
import { useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

export function ConnectAgent() {
  const onlyHere = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);
  return (
    <div class="empty">
      <h2>No agent has connected yet</h2>
      <p>On a server whose logs you want to see here, with Almadía installed:</p>
      <ol>
        <li>
          Write a configuration, and name the log files in it:
          <Command text="almadia init" />
        </li>
        <li>
          Start the agent with this hub’s address and key:
          <Command text={`almadia run --server ${location.origin} --key YOUR-KEY`} />
        </li>
      </ol>
      <p>It appears here within a second or two, and its lines below.</p>
      {onlyHere && (
        <p class="muted small">
          This address is reached from this machine only. For agents on other machines, start the hub with{' '}
          <code>--listen 0.0.0.0</code> and use its name or address in place of{' '}
          <code>{location.hostname}</code>.
        </p>
      )}
    </div>
  );
}

function Command({ text }: { readonly text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <span class="command">
      <code>{text}</code>
      {/* The clipboard exists only on https and on this machine itself; elsewhere the text is selected by hand. */}
      {window.isSecureContext && (
        <button type="button" class="icon-button" aria-label="Copy the command" title="Copy" onClick={copy}>
          {copied ? <span class="small">copied</span> : <Icon name="copy" />}
        </button>
      )}
    </span>
  );
}

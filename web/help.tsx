/** The keys, and how to read what the page shows. */
import { Dialog } from './dialog.tsx';
import { shortcuts } from './keyboard.ts';

export function Help({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog name="help" title="Keys" closeLabel="Close the help" onClose={onClose}>
      <dl class="keys">
        {shortcuts.map((shortcut) => (
          <div key={shortcut.key}>
            <dt>
              <kbd>{shortcut.name}</kbd>
            </dt>
            <dd>{shortcut.text}</dd>
          </div>
        ))}
      </dl>
      <h2>What you see</h2>
      <dl class="terms">
        <dt>
          <span class="state active">active</span> <span class="state idle">idle</span>{' '}
          <span class="state offline">offline</span>
        </dt>
        <dd>
          How long ago the agent last gave a sign of life. An offline agent keeps its lines and sends them
          later.
        </dd>
        <dt>Lag</dt>
        <dd>What lies in the agent’s files and has not arrived here yet. It stays there until it has.</dd>
        <dt>
          <span class="symbol">ESC</span> <span class="symbol">U+202E</span>
        </dt>
        <dd>
          A character of the line that cannot be seen, or that would change how the line looks. Colour codes
          are left out.
        </dd>
        <dt>This page</dt>
        <dd>
          Shows the newest lines only and drops the oldest. <code>GET /api/export</code> gives everything that
          is stored.
        </dd>
      </dl>
    </Dialog>
  );
}

/** The form for the hub's key. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Trouble } from './api.ts';
import { Icon } from './icon.tsx';

export function LogIn(props: {
  readonly trouble: Trouble | null;
  readonly onKey: (key: string) => Promise<void>;
}) {
  const [key, setKey] = useState('');
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);

  useEffect(() => field.current?.focus(), []);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (key.trim() === '' || busy) return field.current?.focus();
    setBusy(true);
    await props.onKey(key.trim());
    setBusy(false);
    field.current?.select();
  };

  return (
    <main class="log-in">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <h1 class="brand">
          <Icon name="raft" /> Almadía
        </h1>
        <p class="muted">The hub where the logs of your servers come together.</p>
        {/* Password managers keep a key under a name. */}
        <input type="text" autocomplete="username" value="almadia" hidden readOnly />
        <label for="key">Key of this hub</label>
        <input
          id="key"
          ref={field}
          type="password"
          autocomplete="current-password"
          autocapitalize="off"
          spellcheck={false}
          value={key}
          aria-invalid={props.trouble !== null}
          aria-describedby="key-hint"
          onInput={(event) => setKey(event.currentTarget.value)}
        />
        <p id="key-hint" class="trouble-place" role="alert">
          {props.trouble !== null && (
            <span class="trouble">
              <strong>{props.trouble.what}</strong> {props.trouble.fix}
            </span>
          )}
        </p>
        <button type="submit" class="primary" disabled={busy}>
          {busy ? 'Logging in …' : 'Log in'}
        </button>
        <p class="muted small">
          The hub prints its key once, at its first start. <code>npm start</code> prints an address that logs
          in by itself each time.
        </p>
      </form>
    </main>
  );
}

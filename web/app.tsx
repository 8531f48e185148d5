/** Who is looking: asks the hub for the session, logs in with a key from the address, and shows log-in or workspace. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { readFragment, writeFragment } from './address.ts';
import { checkSession, logIn, logOut, type Trouble } from './api.ts';
import { LogIn } from './log-in.tsx';
import { Workspace } from './workspace.tsx';

type Session =
  | { readonly kind: 'checking' }
  | { readonly kind: 'signed-out'; readonly trouble: Trouble | null }
  | { readonly kind: 'signed-in' };

const refusedKey: Trouble = {
  what: 'This key was not accepted.',
  fix: 'Use the key that the hub printed at its first start, whole and without spaces.',
};
const notLoggedOut: Trouble = {
  what: 'The hub did not hear of it.',
  fix: 'The session may still be open in this browser: reload the page and log out again.',
};
const ended: Trouble = { what: 'The session has ended.', fix: 'Log in again with the hub’s key.' };

export function App() {
  const [session, setSession] = useState<Session>({ kind: 'checking' });

  const enter = useCallback(async (key: string) => {
    const answer = await logIn(key);
    if (answer.kind === 'ok') setSession({ kind: 'signed-in' });
    else setSession({ kind: 'signed-out', trouble: answer.kind === 'failed' ? answer.trouble : refusedKey });
  }, []);

  useEffect(() => {
    const arrive = () => {
      const key = takeKey();
      if (key !== null) void enter(key);
      return key !== null;
    };
    if (!arrive()) {
      void checkSession().then((answer) => {
        if (answer.kind === 'ok') setSession({ kind: 'signed-in' });
        else setSession({ kind: 'signed-out', trouble: answer.kind === 'failed' ? answer.trouble : null });
      });
    }
    window.addEventListener('hashchange', arrive);
    return () => window.removeEventListener('hashchange', arrive);
  }, [enter]);

  const signedOut = useCallback(() => setSession({ kind: 'signed-out', trouble: ended }), []);
  const leave = useCallback(() => {
    void logOut().then((answer) =>
      setSession({ kind: 'signed-out', trouble: answer.kind === 'failed' ? notLoggedOut : null }),
    );
  }, []);

  switch (session.kind) {
    case 'checking':
      return <p class="checking">Connecting to the hub …</p>;
    case 'signed-out':
      return <LogIn trouble={session.trouble} onKey={enter} />;
    case 'signed-in':
      return <Workspace onSignedOut={signedOut} onLeave={leave} />;
  }
}

/** The key in the address is taken out of it before anything else happens, so that it stays in no history. */
function takeKey(): string | null {
  const { key, agent } = readFragment(location.hash);
  if (key !== null)
    history.replaceState(null, '', `${location.pathname}${location.search}${writeFragment(agent)}`);
  return key;
}

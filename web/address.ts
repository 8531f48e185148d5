/**
 * The fragment of the page's address: `#key=…` logs in (fragments never reach a server or its logs), `#agent=…`
 * chooses an agent, so that a reload and a sent link keep it. Pure; the caller removes the key from the address.
 */
export interface AddressFragment {
  readonly key: string | null;
  readonly agent: string | null;
}

export function readFragment(fragment: string): AddressFragment {
  const values = new URLSearchParams(fragment.replace(/^#/, ''));
  return { key: values.get('key') || null, agent: values.get('agent') || null };
}

/** '' when there is nothing to keep. A key is never written. */
export function writeFragment(agent: string | null): string {
  return agent === null ? '' : `#${new URLSearchParams({ agent })}`;
}

/** The page's single keys. They stay out of the way of fields, buttons and the browser's own combinations. */
export type Shortcut =
  | 'filter'
  | 'pause'
  | 'newest'
  | 'wrap'
  | 'fleet'
  | 'proof'
  | 'agent'
  | 'theme'
  | 'help'
  | 'escape';

export const shortcuts: readonly {
  readonly key: string;
  readonly name: string;
  readonly does: Shortcut;
  readonly text: string;
}[] = [
  { key: '/', name: '/', does: 'filter', text: 'Filter the lines; Enter searches all that are stored' },
  { key: ' ', name: 'Space', does: 'pause', text: 'Pause, or go on' },
  { key: 'g', name: 'g', does: 'newest', text: 'Go to the newest line and follow' },
  { key: 'w', name: 'w', does: 'wrap', text: 'Wrap long lines, or keep each on one row' },
  { key: 'f', name: 'f', does: 'fleet', text: 'Show or hide the agents' },
  { key: 'p', name: 'p', does: 'proof', text: 'What arrived, and what is missing' },
  { key: 'i', name: 'i', does: 'agent', text: 'About the chosen agent, or the only one' },
  { key: 't', name: 't', does: 'theme', text: 'Light, dark, or as the system' },
  { key: '?', name: '?', does: 'help', text: 'This help' },
  { key: 'Escape', name: 'Esc', does: 'escape', text: 'Close, clear the filter, show all agents' },
];

/** Null when the key means nothing here, or belongs to what has the focus. */
export function shortcutOf(event: KeyboardEvent): Shortcut | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest('input, textarea, select, dialog')) return null;
  if (event.key === ' ' && target?.closest('button, a, summary')) return null;
  return shortcuts.find((shortcut) => shortcut.key === event.key)?.does ?? null;
}

/** Light, dark, or as the system says. Kept in this browser only; page.css reads the attribute. */
export type Theme = 'system' | 'light' | 'dark';

const storageKey = 'almadia.theme';
const order: readonly Theme[] = ['system', 'light', 'dark'];

export function loadTheme(): Theme {
  try {
    return order.find((theme) => theme === localStorage.getItem(storageKey)) ?? 'system';
  } catch {
    return 'system';
  }
}

/** Storage may be forbidden; then the choice lasts as long as the page. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(storageKey, theme);
  } catch {
    // The attribute is set all the same.
  }
}

export function nextTheme(theme: Theme): Theme {
  return order[(order.indexOf(theme) + 1) % order.length]!;
}

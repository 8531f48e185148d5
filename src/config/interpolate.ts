/**
 * `${NAME}` and `${NAME:-default}` in the values of the native file, filled from the environment. As in a shell, a
 * variable that is set to nothing counts as not set. `$${` stands for `${`. What was filled in is not looked at again,
 * and being a value it cannot change the file's structure.
 */
export type Interpolated =
  | { readonly kind: 'text'; readonly text: string; readonly names: readonly string[] }
  | { readonly kind: 'unset'; readonly name: string }
  | { readonly kind: 'malformed' };

/** `names`: the variables that really gave something. */
export function interpolate(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): Interpolated {
  const names: string[] = [];
  let trouble: Interpolated | null = null;
  const filled = text.replace(
    /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}|\$\{/g,
    (whole, name: string | undefined, fallback: string | undefined, otherwise: string | undefined) => {
      if (whole === '$${') return '${';
      if (name === undefined) {
        trouble ??= { kind: 'malformed' };
        return '';
      }
      const found = Object.hasOwn(environment, name) ? environment[name] : undefined;
      if (found !== undefined && found !== '') {
        names.push(name);
        return found;
      }
      if (fallback === undefined) trouble ??= { kind: 'unset', name };
      return otherwise ?? '';
    },
  );
  return trouble ?? { kind: 'text', text: filled, names };
}

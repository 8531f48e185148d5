/** The few pictures of the page, drawn with lines in the colour of the text beside them. */
const shapes = {
  raft: 'M3 6h18M3 12h18M3 18h18M7.5 4v16M16.5 4v16',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4.5v15l12-7.5z',
  down: 'M12 4v15M6 13l6 6 6-6',
  clear: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  wrap: 'M4 6h16M4 12h13a3 3 0 0 1 0 6h-5M14 15.5 11.5 18l2.5 2.5M4 18h3',
  search: 'M11 4a7 7 0 1 0 0 14a7 7 0 1 0 0-14M16 16l5 5',
  cross: 'M6 6l12 12M18 6L6 18',
  system: 'M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16M12 4v16M12 8h6.5M12 12h8M12 16h6.5',
  light:
    'M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2',
  dark: 'M20 14.5A8.5 8.5 0 0 1 9.5 4A8.5 8.5 0 1 0 20 14.5z',
  leave: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  proof: 'M12 3l7 3v5c0 5-3 8-7 10c-4-2-7-5-7-10V6zM9 12l2.5 2.5L15.5 10',
  fold: 'M6 15l6-6 6 6',
  unfold: 'M6 9l6 6 6-6',
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={shapes[name]} />
    </svg>
  );
}

export function IconButton(props: {
  readonly icon: IconName;
  readonly label: string;
  readonly pressed?: boolean;
  readonly shortcut?: string;
  readonly onClick: () => void;
}) {
  const title = props.shortcut === undefined ? props.label : `${props.label} (${props.shortcut})`;
  return (
    <button
      type="button"
      class="icon-button"
      title={title}
      aria-label={props.label}
      {...(props.pressed === undefined ? {} : { 'aria-pressed': props.pressed })}
      {...(props.shortcut === undefined ? {} : { 'aria-keyshortcuts': props.shortcut })}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}

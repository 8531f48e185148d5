/** A modal dialog with a title: Escape, its button or a click beside it closes it. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { IconButton } from './icon.tsx';

export function Dialog(props: {
  readonly name: string;
  readonly title: ComponentChildren;
  readonly closeLabel: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const close = () => dialog.current?.close();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the Escape key closes a modal dialog by itself
    <dialog
      ref={dialog}
      class={`dialog ${props.name}`}
      aria-labelledby={`${props.name}-title`}
      onClose={props.onClose}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      <div class="dialog-body">
        <header>
          <h2 id={`${props.name}-title`}>{props.title}</h2>
          <IconButton icon="cross" label={props.closeLabel} onClick={close} />
        </header>
        {props.children}
      </div>
    </dialog>
  );
}

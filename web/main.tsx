/** Puts the page into the document. */
import { render } from 'preact';
import { App } from './app.tsx';
import { applyTheme, loadTheme } from './theme.ts';

applyTheme(loadTheme());
render(<App />, document.body);

import { byId, write } from './dom.js';

const KEPT = 'pollhook.theme';
const THEMES = /** @type {const} */ (['auto', 'light', 'dark']);

/** What the system prefers, until somebody chooses. */
export function addTheme() {
  const button = byId('theme');
  const chosen = () => THEMES.find((theme) => theme === localStorage.getItem(KEPT)) ?? 'auto';
  const apply = () => {
    const theme = chosen();
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    write(button, `Theme: ${theme}`);
  };
  button.addEventListener('click', () => {
    localStorage.setItem(KEPT, THEMES[(THEMES.indexOf(chosen()) + 1) % THEMES.length] ?? 'auto');
    apply();
  });
  apply();
}

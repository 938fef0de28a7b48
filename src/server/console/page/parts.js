import { Refusal } from './api.js';
import { byId, el, focusOn, write } from './dom.js';

/** A sign and a word for each state: colour alone says nothing. */
const SIGNS = new Map(
  Object.entries({
    ok: '✓',
    delivered: '✓',
    failing: '✕',
    dead: '✕',
    failed: '✕',
    suspect: '?',
    paused: '‖',
    held: '‖',
    finished: '■',
    pending: '…',
    limited: '…',
  }),
);

export function badge() {
  return el('span', { class: 'badge' }, el('span', { 'aria-hidden': 'true' }), el('span'));
}

/**
 * @param {HTMLElement} element
 * @param {string} state
 */
export function setBadge(element, state) {
  if (element.dataset.state === state) return;
  element.dataset.state = state;
  const [sign, word] = element.children;
  if (sign) write(sign, SIGNS.get(state) ?? '·');
  if (word) write(word, state);
}

/**
 * A button whose name says what it acts on, also to those who hear it alone.
 *
 * @param {string} verb
 * @param {string} object
 * @param {() => unknown} does
 */
export function button(verb, object, does) {
  const hidden = object && el('span', { class: 'spoken' }, ` ${object}`);
  return el('button', { type: 'button', click: does }, verb, hidden || null);
}

/**
 * Renames a button made by `button`.
 *
 * @param {HTMLElement} element
 * @param {string} verb
 */
export function setVerb(element, verb) {
  const text = element.firstChild;
  if (text && text.nodeValue !== verb) text.nodeValue = verb;
}

/**
 * A button that unfolds a panel, and folds it again.
 *
 * @param {string} verb
 * @param {string} object
 * @param {(panel: HTMLElement) => Promise<unknown>} load whenever it is unfolded
 */
export function unfolding(verb, object, load) {
  const panel = el('div', { class: 'panel', hidden: true });
  const more = button(verb, object, () => {
    panel.hidden = !panel.hidden;
    more.setAttribute('aria-expanded', String(!panel.hidden));
    if (panel.hidden) return;
    void act(more, async () => {
      await load(panel);
      return null;
    });
  });
  more.setAttribute('aria-expanded', 'false');
  return { more, panel };
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let hiding;

/**
 * Says what came of an action. A failure stays until the next action.
 *
 * @param {string} text
 * @param {'done' | 'failed'} tone
 */
export function notice(text, tone = 'done') {
  const hide = () => byId('notice').replaceChildren();
  showNotice(tone, el('span', {}, text), button('Close', 'this message', hide));
  if (tone === 'done') hiding = setTimeout(hide, 8000);
}

/**
 * Stays until there is another one.
 *
 * @param {'done' | 'failed'} tone
 * @param {Node[]} content
 */
export function showNotice(tone, ...content) {
  clearTimeout(hiding);
  const element = byId('notice');
  element.dataset.tone = tone;
  element.replaceChildren(...content);
}

/**
 * Runs an action of a person and says what came of it. Twice at the same time is once.
 *
 * @param {HTMLElement | null} by what was pressed
 * @param {() => Promise<string | null>} work gives what to say
 */
export async function act(by, work) {
  if (by?.getAttribute('aria-disabled') === 'true') return;
  by?.setAttribute('aria-disabled', 'true');
  const focused = by !== null && by === document.activeElement;
  try {
    const said = await work();
    if (said !== null) notice(said);
  } catch (error) {
    notice(wordsOf(error), 'failed');
  } finally {
    by?.removeAttribute('aria-disabled');
    const lost = document.activeElement === by || document.activeElement === document.body;
    if (focused && lost && by.isConnected && !by.checkVisibility()) focusOn(by);
  }
}

/** @param {unknown} error */
export function wordsOf(error) {
  if (error instanceof Refusal) return error.message;
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return 'The daemon did not answer in time.';
  if (error instanceof TypeError) return 'The daemon did not answer: is it running?';
  return String(error);
}

/** Answers the question that is asked with "no". */
let cancel = () => {};

/**
 * Asks before something that cannot be taken back. One question at a time: the next one cancels it.
 *
 * @param {string} title
 * @param {string} text
 * @param {string} verb what "yes" does
 * @returns {Promise<boolean>}
 */
export function confirmed(title, text, verb) {
  const dialog = byId('confirm');
  // A dialog tells later that it was closed: by then the next question may be asked, whose "yes" is none for this one.
  cancel();
  write(byId('confirm-title'), title);
  write(byId('confirm-text'), text);
  write(byId('confirm-yes'), verb);
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = (/** @type {boolean} */ answer) => {
      over.abort();
      dialog.close();
      resolve(answer);
    };
    cancel = () => end(false);
    const { signal } = over;
    byId('confirm-yes').addEventListener('click', () => end(true), { signal });
    byId('confirm-no').addEventListener('click', () => end(false), { signal });
    // When it was open for the question before, that one has ended.
    dialog.addEventListener('close', () => dialog.open || end(false), { signal });
    dialog.showModal();
    byId('confirm-no').focus();
  });
}

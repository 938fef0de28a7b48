import { get, Refusal } from './api.js';
import { byId, write } from './dom.js';
import { act, button } from './parts.js';

/**
 * The pages of a list of which everything is known.
 *
 * @param {string} noun also the beginning of the ids of its places
 * @param {number} size
 * @param {() => void} draw
 */
export function slices(noun, size, draw) {
  let page = 0;
  const turn = (/** @type {number} */ by) => () => {
    page += by;
    draw();
  };
  return {
    first() {
      page = 0;
    },
    /**
     * Those of the page that is shown.
     *
     * @template T
     * @param {readonly T[]} all
     * @returns {readonly T[]}
     */
    of(all) {
      page = Math.min(page, Math.max(0, Math.ceil(all.length / size) - 1));
      const shown = all.slice(page * size, (page + 1) * size);
      const last = (page + 1) * size >= all.length;
      pager(noun, {
        text: page === 0 && last ? '' : `${page * size + 1} to ${page * size + shown.length}`,
        before: page === 0 ? null : turn(-1),
        after: last ? null : turn(1),
      });
      return shown;
    },
  };
}

/**
 * The pages of a list of which the daemon gives one at a time, each with the cursor of the next.
 *
 * @param {string} noun also the beginning of the ids of its places
 * @param {() => Promise<unknown>} load reads the page after `after`
 */
export function cursors(noun, load) {
  /** The cursors of the pages before the one that is shown; none on the first. @type {readonly string[]} */
  let before = [];

  /** @param {readonly string[]} to */
  async function turn(to) {
    before = to;
    await load();
    return null;
  }

  /**
   * Reads the page that is shown; null if it is another one by the time of the answer. When what was on it is gone, the
   * first.
   *
   * @param {() => string} path
   * @returns {Promise<{ items: import('./api.js').Answer[], next: string | null } | null>}
   */
  async function read(path) {
    const asked = path();
    const page = await get(asked).catch((error) => {
      if (before.length > 0 && error instanceof Refusal && error.status === 410)
        return { items: [], next: null };
      throw error;
    });
    if (asked !== path()) return null;
    if (page.items.length > 0 || page.next !== null || before.length === 0) return page;
    before = [];
    return read(path);
  }

  return {
    read,
    get after() {
      return before.at(-1);
    },
    get number() {
      return before.length;
    },
    first: () => turn([]),
    /**
     * @param {string | null} next
     * @param {string} text where one is
     */
    show(next, text) {
      pager(noun, {
        text,
        before: before.length === 0 ? null : () => act(null, () => turn(before.slice(0, -1))),
        after: next === null ? null : () => act(null, () => turn([...before, next])),
      });
    },
  };
}

/**
 * Buttons to the page before and the page after, and where one is. Nothing at all where there is one page.
 *
 * @param {string} noun
 * @param {{ text: string, before: (() => unknown) | null, after: (() => unknown) | null }} state
 */
function pager(noun, { text, before, after }) {
  const place = byId(`${noun}-pager`);
  if (place.childElementCount === 0) {
    place.append(
      document.createElement('span'),
      button('Back', noun, () => undefined),
      button('More', noun, () => undefined),
    );
  }
  const [where, ...buttons] = place.children;
  if (where) write(where, text);
  for (const [at, does] of [before, after].entries()) {
    const one = /** @type {HTMLButtonElement} */ (buttons[at]);
    one.hidden = before === null && after === null;
    one.setAttribute('aria-disabled', String(does === null));
    one.onclick = () => does?.();
  }
}

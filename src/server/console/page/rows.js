import { focusOn } from './dom.js';

/**
 * @template T
 * @typedef {{ element: HTMLElement, update?: (item: T) => void }} Row
 */

/** Of all lists, whatever their items are. @type {WeakMap<Element, Row<any>>} */
const rows = new WeakMap();

/**
 * Brings a list to what it should show. Rows stay where they can: what has the focus or is unfolded keeps it. The focus of
 * a row that goes, or of a button that is hidden, passes to what is there instead: never to another button, because
 * somebody may be about to press it.
 *
 * @template T
 * @param {HTMLElement} list
 * @param {readonly T[]} items
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => Row<T>} create its `update` is called at once
 */
export function keyed(list, items, keyOf, create) {
  const focused = document.activeElement;
  const had = focused instanceof HTMLElement && list.contains(focused) ? focused : null;
  const at = [...list.children].findIndex((child) => child.contains(had));

  const there = new Map([...list.children].map((child) => [child.getAttribute('data-key'), child]));
  const wanted = new Set(items.map(keyOf));
  for (const [key, child] of there) if (key === null || !wanted.has(key)) child.remove();
  let place = list.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let child = there.get(key);
    if (!child) {
      const row = create(item);
      child = row.element;
      child.setAttribute('data-key', key);
      rows.set(child, row);
    }
    rows.get(child)?.update?.(item);
    if (child === place) place = place.nextElementSibling;
    else list.insertBefore(child, place);
  }

  if (!had) return;
  // What moves loses the focus, and gets it back.
  if (had.isConnected && had.checkVisibility()) return had.focus();
  const row =
    [...list.children].find((child) => child.contains(had)) ?? list.children[at] ?? list.lastElementChild;
  focusOn(row instanceof HTMLElement ? row : list);
}

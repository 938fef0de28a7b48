import { bars } from './bars.js';
import { el } from './dom.js';

const BARS = 60;

/**
 * Where the bar of a result begins and ends: each has a place of its own, so that the strip is read without colours.
 *
 * @type {{ [kind: string]: { top: number, height: number } }}
 */
const KINDS = {
  unchanged: { top: 13, height: 5 },
  changed: { top: 2, height: 16 },
  failed: { top: 0, height: 8 },
  suspect: { top: 6, height: 7 },
};

/** The last polls, one bar each. */
export function strip() {
  const { element, draw } = bars(BARS, 4);
  return {
    element,
    /** @param {readonly string[]} results oldest first */
    update(results) {
      const kinds = results.slice(-BARS).map((one) => (one === 'not_modified' ? 'unchanged' : one));
      draw(kinds.map(barOf), wordsOf(kinds));
    },
  };
}

/** @param {string} kind */
function barOf(kind) {
  return { kind, top: 0, height: 18, ...KINDS[kind] };
}

/** @param {readonly string[]} kinds */
function wordsOf(kinds) {
  if (kinds.length === 0) return 'No poll since the daemon started';
  const counts = Object.keys(KINDS)
    .map((kind) => ({ kind, count: kinds.filter((one) => one === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} ${kind}`);
  return `Last ${kinds.length} polls: ${counts.join(', ')}; the newest ${kinds.at(-1)}`;
}

/** What the bars mean, for the eye. */
export function legend() {
  return Object.keys(KINDS).map((kind) => {
    const { element, draw } = bars(1, 4);
    draw([barOf(kind)], '');
    element.removeAttribute('role');
    element.setAttribute('aria-hidden', 'true');
    element.setAttribute('class', 'bars sample');
    return el('span', {}, element, ` ${kind}`);
  });
}

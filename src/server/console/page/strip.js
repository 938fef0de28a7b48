/** @typedef {'unchanged' | 'not_modified' | 'changed' | 'failed' | 'suspect'} Result */

const HEIGHT = 18;
const STEP = 4;
const BARS = 60;
const NS = 'http://www.w3.org/2000/svg';

/**
 * Where the bar of a result begins and ends: each has a place of its own, so that the strip is read without colours.
 *
 * @type {{ [kind: string]: { top: number, height: number, word: string } }}
 */
const KINDS = {
  unchanged: { top: 13, height: 5, word: 'unchanged' },
  changed: { top: 2, height: 16, word: 'changed' },
  failed: { top: 0, height: 8, word: 'failed' },
  suspect: { top: 6, height: 7, word: 'suspect' },
};

/** @param {string} result */
function kindOf(result) {
  return result === 'not_modified' ? 'unchanged' : result;
}

/** A drawing of the last polls, one bar each, the newest at the right: a path for each kind, whatever their number. */
export function strip() {
  const svg = document.createElementNS(NS, 'svg');
  svg.setAttribute('class', 'strip');
  svg.setAttribute('role', 'img');
  svg.setAttribute('viewBox', `0 0 ${BARS * STEP} ${HEIGHT}`);
  svg.setAttribute('preserveAspectRatio', 'xMaxYMid meet');
  for (const kind of Object.keys(KINDS)) {
    const path = document.createElementNS(NS, 'path');
    path.setAttribute('class', kind);
    svg.append(path);
  }
  return svg;
}

/**
 * @param {SVGElement} svg
 * @param {readonly string[]} results oldest first
 */
export function setStrip(svg, results) {
  const shown = results.slice(-BARS).map(kindOf);
  const label = labelOf(shown);
  const drawn = shown.join();
  if (svg.dataset.drawn === drawn) return;
  svg.dataset.drawn = drawn;
  svg.setAttribute('aria-label', label);
  const first = BARS - shown.length;
  for (const [at, [kind, { top, height }]] of Object.entries(KINDS).entries()) {
    const bars = shown.flatMap((one, index) =>
      one === kind ? [`M${(first + index) * STEP} ${top}h3v${height}h-3z`] : [],
    );
    svg.children[at]?.setAttribute('d', bars.join(''));
  }
}

/** @param {readonly string[]} kinds */
function labelOf(kinds) {
  if (kinds.length === 0) return 'No poll since the daemon started';
  const counts = Object.entries(KINDS)
    .map(([kind, { word }]) => ({ word, count: kinds.filter((one) => one === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ word, count }) => `${count} ${word}`);
  return `Last ${kinds.length} polls: ${counts.join(', ')}; the newest ${KINDS[kinds.at(-1) ?? '']?.word}`;
}

/** What the bars mean, for the eye. */
export function legend() {
  return Object.keys(KINDS).map((kind) => {
    const svg = strip();
    svg.setAttribute('viewBox', `0 0 3 ${HEIGHT}`);
    svg.removeAttribute('role');
    svg.setAttribute('aria-hidden', 'true');
    svg.setAttribute('class', 'strip sample');
    const { top, height } = /** @type {{ top: number, height: number }} */ (KINDS[kind]);
    svg.querySelector(`.${kind}`)?.setAttribute('d', `M0 ${top}h3v${height}h-3z`);
    const item = document.createElement('span');
    item.append(svg, ` ${KINDS[kind]?.word}`);
    return item;
  });
}

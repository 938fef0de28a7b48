const NS = 'http://www.w3.org/2000/svg';

export const HEIGHT = 18;

/** @typedef {{ kind: string, top: number, height: number }} Bar a `kind` is a class of marks.css */

/**
 * A drawing of small bars, the newest at the right.
 *
 * @param {number} room bars that it has room for
 * @param {number} step from one to the next
 */
export function bars(room, step) {
  const svg = document.createElementNS(NS, 'svg');
  svg.setAttribute('class', 'bars');
  svg.setAttribute('role', 'img');
  svg.setAttribute('viewBox', `0 0 ${room * step} ${HEIGHT}`);
  let before = '';
  return {
    element: svg,
    /**
     * A path for each kind, whatever the number of bars; nothing if nothing differs.
     *
     * @param {readonly Bar[]} drawn oldest first
     * @param {string} label the same in words
     */
    draw(drawn, label) {
      const now = JSON.stringify([drawn, label]);
      if (now === before) return;
      before = now;
      svg.setAttribute('aria-label', label);
      const title = document.createElementNS(NS, 'title');
      title.textContent = label;
      const first = room - drawn.length;
      const placed = drawn.map((bar, at) => ({ ...bar, left: (first + at) * step }));
      const paths = [...Map.groupBy(placed, ({ kind }) => kind)].map(([kind, same]) => {
        const path = document.createElementNS(NS, 'path');
        path.setAttribute('class', kind);
        const parts = same.map(
          ({ left, top, height }) => `M${left} ${top}h${step - 1}v${height}h${1 - step}z`,
        );
        path.setAttribute('d', parts.join(''));
        return path;
      });
      svg.replaceChildren(title, ...paths);
    },
  };
}

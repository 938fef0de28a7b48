import { bars, HEIGHT } from './bars.js';

const HOURS = 24;

/** Changes per hour over the last day, one bar an hour: as high as it is in relation to the busiest one. */
export function hours() {
  const { element, draw } = bars(HOURS, 10);
  return {
    element,
    /** @param {readonly number[]} counts the newest last */
    update(counts) {
      element.toggleAttribute('hidden', counts.length === 0);
      if (counts.length === 0) return;
      const most = Math.max(1, ...counts);
      const sum = counts.reduce((all, one) => all + one, 0);
      const drawn = counts.map((count) => {
        // What is not zero is to be seen beside the busiest hour.
        const height = count === 0 ? 1 : Math.max(3, (count / most) * HEIGHT);
        return { kind: count === 0 ? 'unchanged' : 'count', top: HEIGHT - height, height };
      });
      const said = [sum, counts.at(-1) ?? 0, most].map((one) => one.toLocaleString('en'));
      draw(
        drawn,
        `Changes per hour: ${said[0]} in a day, ${said[1]} in this hour, ${said[2]} in the busiest`,
      );
    },
  };
}

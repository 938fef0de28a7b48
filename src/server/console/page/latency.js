import { bars, HEIGHT } from './bars.js';
import { duration } from './format.js';

/** @import { WebhookView } from '../../api/schemas.ts' */

const BARS = 60;
/** What fills the height, in milliseconds. */
const LONGEST = 60_000;

/** What is not delivered hangs from the top, so that it is seen without colours. */
const HANGING = { failed: 9, unknown: 9, limited: 5 };

/** The last attempts of a webhook, one bar each: the higher, the longer it took, by orders of magnitude. */
export function latency() {
  const { element, draw } = bars(BARS, 4);
  return {
    element,
    /** @param {WebhookView['recent']} recent */
    update({ outcomes, durations_ms: durations, median_ms: median, slowest_ms: slowest }) {
      element.toggleAttribute('hidden', outcomes.length === 0);
      const drawn = outcomes.map((kind, at) => {
        if (kind !== 'delivered') return { kind, top: 0, height: HANGING[kind] };
        const height = 3 + (HEIGHT - 3) * Math.min(1, Math.log1p(durations[at] ?? 0) / Math.log1p(LONGEST));
        return { kind, top: Math.round(HEIGHT - height), height: Math.round(height) };
      });
      const counts = [...Map.groupBy(outcomes, (one) => one)].map(([kind, same]) => `${same.length} ${kind}`);
      const times =
        median === null || slowest === null
          ? ''
          : `; median ${duration(median)}, slowest ${duration(slowest)}`;
      draw(
        drawn,
        `Last ${outcomes.length} attempts: ${counts.join(', ')}; the newest ${outcomes.at(-1)}${times}`,
      );
    },
  };
}

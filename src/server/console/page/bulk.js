import { get, post, query, Refusal } from './api.js';
import { byId, el, write } from './dom.js';
import { counted } from './format.js';
import { button } from './parts.js';

/** @typedef {{ done: number, failed: unknown }} Came how many were done, and the first failure */

/** A browser has six connections to a server, and the stream holds one. */
const AT_ONCE = 5;
const PAGE = 500;

/**
 * Retries or drops each. One that is refused does not keep the others; a daemon that does not answer does.
 *
 * @param {'retry' | 'drop'} verb
 * @param {readonly string[]} ids
 * @param {{ stopped: () => boolean, tell: (done: number) => void }} [watch]
 * @returns {Promise<Came>}
 */
export async function actOnEach(
  verb,
  ids,
  { stopped, tell } = { stopped: () => false, tell: () => undefined },
) {
  const waiting = [...ids];
  let done = 0;
  /** @type {unknown} */
  let failed = null;
  async function work() {
    for (let id = waiting.shift(); id !== undefined && !stopped(); id = waiting.shift()) {
      try {
        await post(`deliveries/${encodeURIComponent(id)}/${verb}`);
        done += 1;
        tell(done);
      } catch (error) {
        failed ??= error;
        if (!(error instanceof Refusal) || error.status === 401) waiting.length = 0;
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { done, failed };
}

/**
 * The same with all that a filter finds, page by page, until it is stopped: says how far it is meanwhile.
 *
 * @param {'retry' | 'drop'} verb
 * @param {{ state: string, webhook: string, source: string }} filter
 * @returns {Promise<Came>}
 */
export async function actOnAll(verb, filter) {
  let isStopped = false;
  const text = el('span', {}, 'Starting…');
  const stop = button('Stop', '', () => {
    isStopped = true;
  });
  const notice = byId('notice');
  notice.dataset.tone = 'done';
  notice.replaceChildren(text, stop);
  const total = { done: 0, failed: /** @type {unknown} */ (null) };
  // Oldest first, so that what is new meanwhile is not met again and again.
  let after;
  do {
    const page = await get(`deliveries?${query({ ...filter, limit: PAGE, order: 'oldest', after })}`);
    const ids = page.items.map((/** @type {{ id: string }} */ one) => one.id);
    const before = total.done;
    const came = await actOnEach(verb, ids, {
      stopped: () => isStopped,
      tell: (done) => write(text, `${counted(before + done, 'delivery', 'deliveries')} so far`),
    });
    total.done += came.done;
    total.failed ??= came.failed;
    if (came.failed && !(came.failed instanceof Refusal)) break;
    after = page.next;
  } while (after !== null && !isStopped);
  return total;
}

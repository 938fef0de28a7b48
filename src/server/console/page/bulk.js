import { post, Refusal } from './api.js';
import { el, write } from './dom.js';
import { counted } from './format.js';
import { button, showNotice, wordsOf } from './parts.js';

/** @typedef {'retry' | 'drop'} Verb */
/** @typedef {{ state: string, webhook: string, source: string }} Filter */

/**
 * Retries or drops all that a filter finds, step by step until it is stopped: says how far it is meanwhile.
 *
 * @param {Verb} verb
 * @param {Filter} filter
 * @returns {Promise<string>} what came of it
 */
export async function settleAll(verb, { state, webhook, source }) {
  let isStopped = false;
  const text = el('span', {}, 'Starting…');
  const stop = () => {
    isStopped = true;
  };
  showNotice('done', text, button('Stop', '', stop));
  const total = { done: 0, refused: /** @type {{ detail: string }[]} */ ([]) };
  /** @type {string | null} */
  let after = null;
  do {
    /** @type {object} */
    const filter = { state, ...(webhook && { webhook }), ...(source && { source }), ...(after && { after }) };
    const came = await post(`deliveries/${verb}`, filter).catch((error) => {
      throw total.done === 0 ? error : new Refusal(0, `${said(verb, total)} Then: ${wordsOf(error)}`, '');
    });
    total.done += came.done;
    total.refused.push(...came.refused);
    write(text, `${counted(total.done, 'delivery', 'deliveries')} so far`);
    after = came.next;
  } while (after !== null && !isStopped);
  return said(verb, total);
}

/**
 * @param {Verb} verb
 * @param {readonly string[]} ids
 * @returns {Promise<string>} what came of it
 */
export async function settleSome(verb, ids) {
  return said(verb, await post(`deliveries/${verb}`, { ids }));
}

/**
 * @param {Verb} verb
 * @param {{ done: number, refused: { detail: string }[] }} came
 */
function said(verb, { done, refused }) {
  const count = counted(done, 'delivery', 'deliveries');
  const came = verb === 'retry' ? `${count} to be sent again.` : `${count} dropped.`;
  const [first] = refused;
  if (!first) return came;
  return `${came} ${refused.length.toLocaleString('en')} could not be: ${first.detail}${refused.length > 1 ? ', and so on' : ''}.`;
}

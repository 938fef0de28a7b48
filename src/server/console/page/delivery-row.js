import { get } from './api.js';
import { since } from './clock.js';
import { el, write } from './dom.js';
import { counted, duration, short } from './format.js';
import { badge, button, setBadge, unfolding } from './parts.js';

/** @typedef {{ id: string, event_id: string, webhook: string, state: string, attempts: number, last_status: number | null, type: string, source: string, key: string | null, created: string }} DeliverySeen */

/** What somebody can still do something about. */
export const OPEN = ['dead', 'pending', 'held'];

/**
 * @param {DeliverySeen} delivery
 * @param {{ isChosen: (id: string) => boolean, choose: (id: string, on: boolean) => void, settle: (verb: 'retry' | 'drop', delivery: DeliverySeen, by: HTMLElement) => unknown }} acts
 */
export function createDeliveryRow(delivery, { isChosen, choose, settle }) {
  const { id, webhook, type, source, key, created } = delivery;
  const what = `${type} ${short(key ?? source)} for ${webhook}`;
  const box = el('input', { type: 'checkbox', value: id, 'aria-label': `Select ${what}` });
  box.addEventListener('change', () => choose(id, box.checked));
  const mark = badge();
  const facts = el('span', { class: 'facts' });
  const retry = button('Retry', what, () => settle('retry', delivery, retry));
  const drop = button('Drop', what, () => settle('drop', delivery, drop));
  const { more, panel } = unfolding('Attempts', `of ${what}`, async (place) => {
    const { attempts } = await get(`deliveries/${encodeURIComponent(id)}`);
    if (attempts.length === 0) place.replaceChildren('No attempt yet.');
    else place.replaceChildren(el('ul', { class: 'lines' }, ...attempts.map(attemptLine)));
  });
  const element = el(
    'li',
    { class: 'row delivery' },
    el(
      'span',
      { class: 'who' },
      box,
      mark,
      el('strong', {}, type),
      el('span', { class: 'key' }, key === null ? source : `${source} ${short(key)}`),
    ),
    el('span', { class: 'when' }, `for ${webhook} · `, since(created)),
    facts,
    el('span', { class: 'actions' }, retry, drop, more),
    panel,
  );
  return {
    element,
    /** @param {DeliverySeen} one */
    update({ state, attempts, last_status: status }) {
      setBadge(mark, state);
      const answer = status === null ? '' : ` · last answer HTTP ${status}`;
      write(facts, `${counted(attempts, 'attempt')}${answer}`);
      box.checked = isChosen(id);
      for (const one of [box, retry, drop]) one.hidden = !OPEN.includes(state);
    },
  };
}

/** @param {{ at: string, status: number | null, duration_ms: number, outcome: string, error: string | null, answer: string | null }} attempt */
function attemptLine({ at, status, duration_ms: took, outcome, error, answer }) {
  const said = [status !== null && `HTTP ${status}`, duration(took), error].filter(Boolean).join(' · ');
  const quoted = answer ? el('details', {}, el('summary', {}, 'Answer'), el('pre', {}, answer)) : null;
  return el('li', {}, since(at), ` · ${outcome} · ${said}`, quoted);
}

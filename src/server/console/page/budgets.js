import { get } from './api.js';
import { byId, el, write } from './dom.js';
import { counted, duration } from './format.js';
import { keyed } from './rows.js';

/** @import { BudgetView } from '../../api/schemas.ts' */

const SHOWN = 50;

/** What may still be asked of each server. */
export async function reloadBudgets() {
  /** @type {{ items: BudgetView[] }} */
  const { items } = await get('budgets');
  byId('budgets').hidden = items.length === 0;
  keyed(byId('budgets-list'), items.slice(0, SHOWN), ({ name }) => name, createRow);
}

/** @param {BudgetView} budget */
function createRow({ name }) {
  const words = el('span');
  const used = el('span', { class: 'used' });
  const meter = el('span', { class: 'meter', 'aria-hidden': 'true' }, used);
  return {
    element: el('li', {}, el('strong', {}, name), ' ', meter, ' ', words),
    /** @param {BudgetView} one */
    update(one) {
      const { left, limit } = one;
      meter.hidden = left === null || limit === null;
      if (left !== null && limit !== null) used.style.width = `${(1 - left / limit) * 100}%`;
      write(words, wordsOf(one));
    },
  };
}

/** @param {BudgetView} budget */
function wordsOf({ left, limit, paused_ms: paused, waiting }) {
  const of = limit === null ? '' : ` of ${limit.toLocaleString('en')}`;
  return [
    left === null ? 'no limit known' : `${left.toLocaleString('en')}${of} left`,
    paused > 0 && `the server refused: nothing is sent for ${duration(paused)}`,
    waiting > 0 && counted(waiting, 'request waits', 'requests wait'),
  ]
    .filter(Boolean)
    .join(' · ');
}

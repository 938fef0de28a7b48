import { query } from './api.js';
import { since } from './clock.js';
import { difference } from './difference.js';
import { byId, coalesced, el, write } from './dom.js';
import { counted, short } from './format.js';
import { cursors } from './paging.js';
import { act, badge, setBadge } from './parts.js';
import { keyed } from './rows.js';

/** @import { Followed } from '../../api/schemas.ts' */
/** @typedef {{ id: string, webhook: string, state: string }} Owed */
/** @typedef {{ id: string, type: string, source: string, key: string | null, timestamp: string, body: unknown, deliveries: readonly Owed[] }} EventSeen */

const PAGE = 20;
const WEBHOOKS = 20;

/** Events as they are made, the newest first, and older ones page by page. */
export function createEvents() {
  const source = byId('events-source');
  let unseen = 0;
  const pages = cursors('events', reload);

  source.addEventListener(
    'input',
    coalesced(() => act(null, pages.first), 300),
  );
  source.form.addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault());

  async function reload() {
    const page = await pages.read(
      () => `events?${query({ limit: PAGE, source: source.value.trim(), after: pages.after })}`,
    );
    if (page === null) return;
    keyed(byId('events-list'), page.items, (/** @type {EventSeen} */ one) => one.id, createRow);
    if (pages.number === 0) unseen = 0;
    count(page.items.length);
    pages.show(
      page.next,
      pages.number > 0 ? `Page ${pages.number + 1}` : page.next === null ? '' : 'The newest',
    );
  }

  /** @param {number} length */
  function count(length) {
    const none = source.value.trim() === '' ? 'none yet' : 'none of this source';
    write(byId('events-count'), length === 0 ? none : unseen > 0 ? counted(unseen, 'newer event') : '');
  }

  const soon = coalesced(reload, 500);
  return {
    reload,
    /** @param {Followed} happened */
    happened({ kind }) {
      if (kind === 'event') {
        unseen += 1;
        if (pages.number > 0) count(PAGE);
      }
      if ((kind === 'event' || kind === 'delivery') && pages.number === 0 && !document.hidden) soon();
    },
  };
}

/** @param {EventSeen} event */
function createRow({ type, source, key, timestamp, body }) {
  const chips = el('ul', { class: 'chips', 'aria-label': 'Deliveries' });
  const element = el(
    'li',
    { class: 'row event' },
    el(
      'span',
      { class: 'who' },
      el('strong', {}, type),
      el('span', { class: 'key' }, key === null ? source : `${source} ${short(key)}`),
    ),
    el('span', { class: 'when' }, since(timestamp)),
    chips,
    el('div', { class: 'difference' }, difference(body)),
  );
  return {
    element,
    /** What happened stays as it was; what became of it does not. @param {EventSeen} event */
    update({ deliveries }) {
      keyed(chips, deliveries.slice(0, WEBHOOKS), (one) => one.id, createChip);
    },
  };
}

/** @param {Owed} delivery */
function createChip({ webhook }) {
  const mark = badge();
  return {
    element: el('li', {}, webhook, ' ', mark),
    /** @param {Owed} one */
    update: ({ state }) => setBadge(mark, state),
  };
}

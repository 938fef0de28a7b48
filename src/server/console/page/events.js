import { get, query } from './api.js';
import { since } from './clock.js';
import { difference } from './difference.js';
import { byId, coalesced, el, keyed, write } from './dom.js';
import { counted } from './format.js';
import { act, badge, pager, setBadge } from './parts.js';

/** @import { Followed } from '../../api/schemas.ts' */
/** @typedef {{ id: string, type: string, source: string, key: string | null, change: string, timestamp: string, body: unknown, deliveries: { id: string, webhook: string, state: string }[] }} EventSeen */

const PAGE = 20;

/** Events as they are made, the newest first, and older ones page by page. */
export function createEvents() {
  const source = byId('events-source');
  /** The cursors of the pages before the one that is shown; none on the first. @type {string[]} */
  let before = [];
  let unseen = 0;
  /** @type {string | null} */
  let next = null;

  source.addEventListener(
    'input',
    coalesced(() => turn([]), 300),
  );
  source.form.addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault());

  async function reload() {
    const asked = query({ limit: PAGE, source: source.value.trim(), after: before.at(-1) });
    const page = await get(`events?${asked}`);
    next = page.next;
    keyed(byId('events-list'), page.items, (/** @type {EventSeen} */ one) => one.id, createRow, update);
    if (before.length === 0) unseen = 0;
    describe(page.items.length);
  }

  /** @param {number} length */
  function describe(length) {
    const none = source.value.trim() === '' ? 'none yet' : 'none of this source';
    write(byId('events-count'), length === 0 ? none : unseen > 0 ? counted(unseen, 'newer event') : '');
    const older = next;
    pager(byId('events-pager'), {
      text: before.length > 0 ? `Page ${before.length + 1}` : older === null ? '' : 'The newest',
      before: before.length === 0 ? null : () => act(null, () => turn(before.slice(0, -1))),
      after: older === null ? null : () => act(null, () => turn([...before, older])),
      noun: 'events',
    });
  }

  /** @param {string[]} cursors */
  async function turn(cursors) {
    before = cursors;
    await reload();
    return null;
  }

  const soon = coalesced(reload, 500);
  return {
    reload,
    /** @param {Followed} happened */
    happened({ kind }) {
      if (kind === 'event') {
        unseen += 1;
        if (before.length > 0) describe(PAGE);
      }
      if ((kind === 'event' || kind === 'delivery') && before.length === 0 && !document.hidden) soon();
    },
  };
}

/** @param {EventSeen} event */
function createRow(event) {
  const { type, source, key, timestamp, body } = event;
  const element = el(
    'li',
    { class: 'row event' },
    el(
      'span',
      { class: 'who' },
      el('strong', {}, type),
      el('span', { class: 'key' }, key === null ? source : `${source} ${key}`),
    ),
    el('span', { class: 'when' }, since(timestamp)),
    el('ul', { class: 'chips', 'aria-label': 'Deliveries' }),
    el('div', { class: 'difference' }, difference(body)),
  );
  update(element, event);
  return element;
}

/**
 * What happened stays as it was; what became of it does not.
 *
 * @param {Element} element
 * @param {EventSeen} event
 */
function update(element, { deliveries }) {
  const chips = /** @type {Element} */ (element.querySelector('.chips'));
  keyed(
    chips,
    deliveries.slice(0, 20),
    (one) => one.id,
    (one) => el('li', {}, one.webhook, ' ', badge(one.state)),
    (chip, one) => setBadge(/** @type {HTMLElement} */ (chip.lastElementChild), one.state),
  );
}

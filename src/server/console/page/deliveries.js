import { post, query } from './api.js';
import { settleAll, settleSome } from './bulk.js';
import { createDeliveryRow, OPEN } from './delivery-row.js';
import { byId, coalesced, el, write } from './dom.js';
import { counted } from './format.js';
import { cursors } from './paging.js';
import { act, button, confirmed } from './parts.js';
import { keyed } from './rows.js';

/** @import { Followed } from '../../api/schemas.ts' */
/** @import { Verb } from './bulk.js' */
/** @import { DeliverySeen } from './delivery-row.js' */

const PAGE = 50;
const DROPPED =
  'The receiver never gets it from pollhook. The event stays readable for as long as events are kept.';

/**
 * Deliveries of one state, dead letters first of all; a page at a time, however many there are.
 *
 * @param {() => void} onActed told when somebody did something about them: a drop is in no stream
 */
export function createDeliveries(onActed) {
  const fields = {
    state: byId('deliveries-state'),
    webhook: byId('deliveries-webhook'),
    source: byId('deliveries-source'),
  };
  /** @type {readonly DeliverySeen[]} */
  let items = [];
  const selected = new Set();
  const filter = () => ({
    state: fields.state.value,
    webhook: fields.webhook.value.trim(),
    source: fields.source.value.trim(),
  });
  const pages = cursors('deliveries', reload);

  const filtered = coalesced(() => act(null, pages.first), 300);
  for (const field of Object.values(fields)) field.addEventListener('input', filtered);
  fields.state.form.addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault());

  async function reload() {
    const page = await pages.read(
      () => `deliveries?${query({ ...filter(), limit: PAGE, after: pages.after })}`,
    );
    if (page === null) return;
    items = page.items;
    const there = new Set(items.map(({ id }) => id));
    for (const id of selected) if (!there.has(id)) selected.delete(id);
    draw();
    // Whether they are held is found among those that wait, a part at a time.
    const none = page.next === null ? 'none' : 'none so far: there are more to look through';
    write(byId('deliveries-count'), items.length === 0 ? none : '');
    const first = pages.number * PAGE + 1;
    const isOnly = pages.number === 0 && page.next === null;
    pages.show(page.next, isOnly ? '' : `${first} to ${first + items.length - 1}`);
  }

  function draw() {
    drawBulk();
    keyed(
      byId('deliveries-list'),
      items,
      (one) => one.id,
      (one) => createDeliveryRow(one, { isChosen: (id) => selected.has(id), choose, settle: settleOne }),
    );
  }

  const all = el('input', { type: 'checkbox' });
  all.addEventListener('change', () => {
    selected.clear();
    if (all.checked) for (const { id } of items) selected.add(id);
    draw();
  });
  const some = {
    retry: button('Retry', '', () => settleSelected('retry')),
    drop: button('Drop', '', () => settleSelected('drop')),
  };
  const every = {
    retry: button('Retry all', 'of this filter', () => settleFilter('retry')),
    drop: button('Drop all', 'of this filter', () => settleFilter('drop')),
  };
  const bulk = byId('deliveries-bulk');
  bulk.append(el('label', {}, all, ' this page'), some.retry, some.drop, every.retry, every.drop);

  /**
   * @param {string} id
   * @param {boolean} on
   */
  function choose(id, on) {
    if (on) selected.add(id);
    else selected.delete(id);
    drawBulk();
  }

  function drawBulk() {
    bulk.hidden = items.length === 0 || !OPEN.includes(fields.state.value);
    all.checked = selected.size > 0 && selected.size === items.length;
    all.indeterminate = selected.size > 0 && selected.size < items.length;
    for (const [verb, one] of Object.entries(some)) {
      write(one, `${verb === 'retry' ? 'Retry' : 'Drop'} ${selected.size} selected`);
      one.hidden = selected.size === 0;
    }
  }

  /**
   * @param {Verb} verb
   * @param {DeliverySeen} delivery
   * @param {HTMLElement} by
   */
  async function settleOne(verb, { id, type }, by) {
    if (verb === 'drop' && !(await confirmed(`Drop ${type}?`, DROPPED, 'Drop it'))) return;
    await settle(by, async () => {
      await post(`deliveries/${encodeURIComponent(id)}/${verb}`);
      return verb === 'retry' ? 'It is sent again now.' : 'It is dropped.';
    });
  }

  /** @param {Verb} verb */
  async function settleSelected(verb) {
    const ids = [...selected];
    const name = counted(ids.length, 'delivery', 'deliveries');
    if (verb === 'drop' && !(await confirmed(`Drop ${name}?`, DROPPED, `Drop ${name}`))) return;
    await settle(some[verb], async () => {
      const said = await settleSome(verb, ids);
      selected.clear();
      return said;
    });
  }

  /** @param {Verb} verb */
  async function settleFilter(verb) {
    const { state, webhook, source } = filter();
    const where = [webhook && ` for ${webhook}`, source && ` of ${source}`].filter(Boolean).join('');
    const what = `all ${fields.state.selectedOptions[0]?.text}${where}`;
    const title = verb === 'retry' ? `Retry ${what}?` : `Drop ${what}?`;
    const text = verb === 'retry' ? 'Each is sent again, in its turn.' : DROPPED;
    if (!(await confirmed(title, text, verb === 'retry' ? 'Retry all' : 'Drop all'))) return;
    await settle(every[verb], () => settleAll(verb, { state, webhook, source }));
  }

  /**
   * @param {HTMLElement} by
   * @param {() => Promise<string>} work gives what to say
   */
  async function settle(by, work) {
    await act(by, () =>
      work().finally(() => {
        onActed();
        return reload();
      }),
    );
  }

  const soon = coalesced(reload, 1000);
  return {
    reload,
    /** @param {Followed} happened */
    happened({ kind }) {
      if (kind === 'delivery' && !document.hidden) soon();
    },
  };
}

import { get, query } from './api.js';
import { actOnAll, actOnEach } from './bulk.js';
import { since } from './clock.js';
import { byId, coalesced, el, keyed, write } from './dom.js';
import { counted, duration } from './format.js';
import { act, badge, button, confirmed, pager, setBadge } from './parts.js';

/** @import { Followed } from '../../api/schemas.ts' */
/** @typedef {{ id: string, event_id: string, webhook: string, state: string, attempts: number, last_status: number | null, type: string, source: string, key: string | null, created: string }} DeliverySeen */
/** @typedef {'retry' | 'drop'} Verb */

const PAGE = 50;
/** What somebody can still do something about. */
const OPEN = ['dead', 'pending', 'held'];

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
  /** @type {string[]} */
  let before = [];
  /** @type {string | null} */
  let next = null;
  /** @type {readonly DeliverySeen[]} */
  let items = [];
  const selected = new Set();
  const filter = () => ({
    state: fields.state.value,
    webhook: fields.webhook.value.trim(),
    source: fields.source.value.trim(),
  });

  for (const field of Object.values(fields))
    field.addEventListener(
      'input',
      coalesced(() => turn([]), 300),
    );
  fields.state.form.addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault());

  async function reload() {
    const asked = JSON.stringify(filter());
    const page = await get(`deliveries?${query({ ...filter(), limit: PAGE, after: before.at(-1) })}`);
    if (asked !== JSON.stringify(filter())) return;
    items = page.items;
    next = page.next;
    const there = new Set(items.map(({ id }) => id));
    for (const id of selected) if (!there.has(id)) selected.delete(id);
    draw();
  }

  function draw() {
    keyed(
      byId('deliveries-list'),
      items,
      (one) => one.id,
      (one) => createRow(one, choose, (verb, by) => actOnOne(verb, one, by)),
      update,
    );
    for (const box of byId('deliveries-list').querySelectorAll('input[type=checkbox]'))
      box.checked = selected.has(box.value);
    write(byId('deliveries-count'), items.length === 0 ? 'none' : '');
    const older = next;
    pager(byId('deliveries-pager'), {
      text: items.length === 0 ? '' : `${before.length * PAGE + 1} to ${before.length * PAGE + items.length}`,
      before: before.length === 0 ? null : () => act(null, () => turn(before.slice(0, -1))),
      after: older === null ? null : () => act(null, () => turn([...before, older])),
      noun: 'deliveries',
    });
    drawBulk();
  }

  /**
   * @param {string} id
   * @param {boolean} on
   */
  function choose(id, on) {
    if (on) selected.add(id);
    else selected.delete(id);
    drawBulk();
  }

  const all = el('input', { type: 'checkbox' });
  all.addEventListener('change', () => chooseAll(all.checked));
  const some = {
    retry: button('Retry', '', () => actOnSome('retry')),
    drop: button('Drop', '', () => actOnSome('drop')),
  };
  const every = {
    retry: button('Retry all', 'of this filter', () => actOnFilter('retry')),
    drop: button('Drop all', 'of this filter', () => actOnFilter('drop')),
  };
  byId('deliveries-bulk').append(
    el('label', {}, all, ' this page'),
    some.retry,
    some.drop,
    every.retry,
    every.drop,
  );

  /** @param {boolean} on */
  function chooseAll(on) {
    selected.clear();
    if (on) for (const { id } of items) selected.add(id);
    draw();
  }

  function drawBulk() {
    byId('deliveries-bulk').hidden = items.length === 0 || !OPEN.includes(fields.state.value);
    all.checked = selected.size > 0 && selected.size === items.length;
    all.indeterminate = selected.size > 0 && selected.size < items.length;
    for (const [verb, one] of Object.entries(some)) {
      const name = verb === 'retry' ? 'Retry' : 'Drop';
      write(one, `${name} ${selected.size} selected`);
      one.hidden = selected.size === 0;
    }
  }

  /**
   * @param {Verb} verb
   * @param {DeliverySeen} delivery
   * @param {Element} by
   */
  async function actOnOne(verb, { id, type }, by) {
    if (verb === 'drop' && !(await confirmed(`Drop ${type}?`, DROPPED, 'Drop it'))) return;
    await act(by, async () => {
      const { done, failed } = await actOnEach(verb, [id]);
      onActed();
      await reload();
      if (done === 0) throw failed;
      return verb === 'retry' ? 'It is sent again now.' : 'It is dropped.';
    });
  }

  /** @param {Verb} verb */
  async function actOnSome(verb) {
    const ids = [...selected];
    const name = counted(ids.length, 'delivery', 'deliveries');
    if (verb === 'drop' && !(await confirmed(`Drop ${name}?`, DROPPED, `Drop ${name}`))) return;
    await act(some[verb], async () => {
      const { done, failed } = await actOnEach(verb, ids);
      selected.clear();
      onActed();
      await reload();
      return said(verb, done, failed);
    });
    all.focus();
  }

  /** @param {Verb} verb */
  async function actOnFilter(verb) {
    const { state, webhook, source } = filter();
    const where = [webhook && ` for ${webhook}`, source && ` of ${source}`].filter(Boolean).join('');
    const what = `all ${fields.state.selectedOptions[0]?.text}${where}`;
    const title = verb === 'retry' ? `Retry ${what}?` : `Drop ${what}?`;
    const text = verb === 'retry' ? 'Each is sent again, in its turn.' : DROPPED;
    if (!(await confirmed(title, text, verb === 'retry' ? 'Retry all' : 'Drop all'))) return;
    await act(every[verb], async () => {
      const { done, failed } = await actOnAll(verb, { state, webhook, source });
      onActed();
      await turn([]);
      return said(verb, done, failed);
    });
  }

  /** @param {string[]} cursors */
  async function turn(cursors) {
    before = cursors;
    await reload();
    return null;
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

const DROPPED =
  'The receiver never gets it from pollhook. The event stays readable for as long as events are kept.';

/**
 * @param {Verb} verb
 * @param {number} done
 * @param {unknown} failed the first failure
 */
function said(verb, done, failed) {
  const count = counted(done, 'delivery', 'deliveries');
  const came = verb === 'retry' ? `${count} to be sent again.` : `${count} dropped.`;
  return failed ? `${came} Others were not: ${failed instanceof Error ? failed.message : failed}` : came;
}

/**
 * @param {DeliverySeen} delivery
 * @param {(id: string, on: boolean) => void} choose
 * @param {(verb: Verb, by: Element) => unknown} acts
 */
function createRow(delivery, choose, acts) {
  const { id, webhook, type, source, key, created } = delivery;
  const what = `${type} ${key ?? source} for ${webhook}`;
  const box = el('input', {
    type: 'checkbox',
    value: id,
    'aria-label': `Select ${what}`,
  });
  box.addEventListener('change', () => choose(id, box.checked));
  const panel = el('div', { class: 'panel', hidden: true });
  const more = button('Attempts', `of ${what}`, toggle);
  more.setAttribute('aria-expanded', 'false');
  const retry = button('Retry', what, () => acts('retry', retry));
  const drop = button('Drop', what, () => acts('drop', drop));

  function toggle() {
    panel.hidden = !panel.hidden;
    more.setAttribute('aria-expanded', String(!panel.hidden));
    if (panel.hidden) return;
    void act(more, async () => {
      const { attempts } = await get(`deliveries/${encodeURIComponent(id)}`);
      panel.replaceChildren(el('ul', { class: 'lines' }, ...attempts.map(attemptLine)));
      if (attempts.length === 0) panel.replaceChildren('No attempt yet.');
      return null;
    });
  }

  const element = el(
    'li',
    { class: 'row delivery' },
    el(
      'span',
      { class: 'who' },
      box,
      badge(delivery.state),
      el('strong', {}, type),
      el('span', { class: 'key' }, key === null ? source : `${source} ${key}`),
    ),
    el('span', { class: 'when' }, `for ${webhook} · `, since(created)),
    el('span', { class: 'facts' }),
    el('span', { class: 'actions' }, retry, drop, more),
    panel,
  );
  update(element, delivery);
  return element;
}

/**
 * @param {Element} element
 * @param {DeliverySeen} delivery
 */
function update(element, { state, attempts, last_status: status }) {
  setBadge(/** @type {HTMLElement} */ (element.querySelector('.badge')), state);
  const facts = element.querySelector('.facts');
  if (facts)
    write(facts, `${counted(attempts, 'attempt')}${status === null ? '' : ` · last answer HTTP ${status}`}`);
  const [box, retry, drop] = element.querySelectorAll('input, .actions button');
  for (const one of [box, retry, drop]) if (one instanceof HTMLElement) one.hidden = !OPEN.includes(state);
}

/** @param {{ at: string, status: number | null, duration_ms: number, outcome: string, error: string | null, answer: string | null }} attempt */
function attemptLine({ at, status, duration_ms: took, outcome, error, answer }) {
  const said = [status !== null && `HTTP ${status}`, duration(took), error].filter(Boolean).join(' · ');
  const quoted = answer ? el('details', {}, el('summary', {}, 'Answer'), el('pre', {}, answer)) : null;
  return el('li', {}, since(at), ` · ${outcome} · ${said}`, quoted);
}

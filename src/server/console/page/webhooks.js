import { getAll, post } from './api.js';
import { setSince, since } from './clock.js';
import { byId, coalesced, el, keyed, write } from './dom.js';
import { counted, duration } from './format.js';
import { act, badge, button, notice, pager, setBadge, setVerb } from './parts.js';

/** @import { Followed, WebhookView } from '../../api/schemas.ts' */

const PAGE = 50;

/** @param {() => void} onChange */
export function createWebhooks(onChange) {
  /** @type {Map<string, WebhookView>} */
  let webhooks = new Map();
  /** @type {WeakMap<Element, (webhook: WebhookView) => void>} */
  const updates = new WeakMap();
  let page = 0;

  async function reload() {
    const all = await getAll('webhooks');
    webhooks = new Map(all.map((one) => [one.name, one]));
    byId('webhook-names').replaceChildren(
      ...all.slice(0, 200).map((one) => el('option', { value: one.name })),
    );
    draw();
    onChange();
  }

  /** @param {WebhookView} webhook */
  function keep(webhook) {
    webhooks.set(webhook.name, webhook);
    draw();
    onChange();
  }

  function draw() {
    const all = [...webhooks.values()];
    page = Math.min(page, Math.max(0, Math.ceil(all.length / PAGE) - 1));
    const shown = all.slice(page * PAGE, (page + 1) * PAGE);
    keyed(
      byId('webhooks-list'),
      shown,
      (one) => one.name,
      (one) => {
        const { element, update } = createRow(one, keep);
        updates.set(element, update);
        return element;
      },
      (element, one) => updates.get(element)?.(one),
    );
    write(byId('webhooks-count'), all.length > 0 ? String(all.length) : 'none in the configuration');
    const last = (page + 1) * PAGE >= all.length;
    const turn = (/** @type {number} */ by) => () => {
      page += by;
      draw();
    };
    pager(byId('webhooks-pager'), {
      text: page === 0 && last ? '' : `${page * PAGE + 1} to ${page * PAGE + shown.length}`,
      before: page === 0 ? null : turn(-1),
      after: last ? null : turn(1),
      noun: 'webhooks',
    });
  }

  const soon = coalesced(reload, 1000);
  return {
    reload,
    /** @param {Followed} happened */
    happened({ kind }) {
      if (kind === 'delivery' || kind === 'webhook' || kind === 'event') soon();
    },
    soon,
    all: () => [...webhooks.values()],
  };
}

/**
 * @param {WebhookView} webhook
 * @param {(webhook: WebhookView) => void} keep
 */
function createRow(webhook, keep) {
  const { name } = webhook;
  const path = `webhooks/${encodeURIComponent(name)}`;
  const mark = badge(webhook.state);
  const receiver = el('span', { class: 'hint' });
  const backlog = el('span', { class: 'facts' });
  const oldest = since(null);
  const waiting = el('span', {}, ' · oldest ', oldest);
  const success = el('span', { class: 'facts' });
  const reason = el('p', { class: 'error' });
  let stopped = false;
  const pause = button('Pause', name, () =>
    act(pause, async () => {
      const verb = stopped ? 'resume' : 'pause';
      keep(await post(`${path}/${verb}`));
      return verb === 'pause'
        ? `Nothing is sent to ${name} until it is resumed.`
        : `${name} is sent to again.`;
    }),
  );
  const test = button('Send a test', `to ${name}`, () =>
    act(test, async () => {
      const { outcome, status, duration_ms: took, error } = await post(`${path}/test`);
      const answer = status === null ? '' : ` with HTTP ${status}`;
      if (outcome === 'delivered') return `${name} took the test event${answer} in ${duration(took)}.`;
      notice(`${name} did not take the test event${answer}: ${error}`, 'failed');
      return null;
    }),
  );
  const element = el(
    'li',
    { class: 'row webhook' },
    el('span', { class: 'who' }, mark, el('strong', {}, name), receiver),
    el('span', { class: 'when' }, backlog, waiting),
    success,
    el('span', { class: 'actions' }, pause, test),
    reason,
  );

  /** @param {WebhookView} one */
  function update(one) {
    stopped = one.state === 'paused' || one.state === 'held' || one.state === 'failing';
    setBadge(mark, one.state);
    write(receiver, one.receiver ?? '');
    write(backlog, `${one.pending.toLocaleString('en')} waiting · ${counted(one.dead, 'dead letter')}`);
    setSince(oldest, one.oldest_pending, '');
    waiting.hidden = one.oldest_pending === null;
    write(success, successOf(one));
    const why = one.reason ?? (one.failures > 0 ? `${counted(one.failures, 'failed attempt')} in a row` : '');
    write(reason, why);
    reason.hidden = why === '';
    setVerb(pause, stopped ? 'Resume' : 'Pause');
    pause.hidden = one.state === 'removed' || one.state === 'disabled';
    test.hidden = pause.hidden;
  }

  update(webhook);
  return { element, update };
}

/** @param {WebhookView} webhook */
function successOf({ recent: { attempts, delivered, median_ms: median, slowest_ms: slowest } }) {
  if (attempts === 0) return 'no attempt since the start';
  const rate = `${Math.floor((delivered / attempts) * 100)}% of the last ${counted(attempts, 'attempt')} delivered`;
  return median === null || slowest === null
    ? rate
    : `${rate} · median ${duration(median)}, slowest ${duration(slowest)}`;
}

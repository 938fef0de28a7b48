import { getAll } from './api.js';
import { byId, coalesced, el, write } from './dom.js';
import { slices } from './paging.js';
import { keyed } from './rows.js';
import { createWebhookRow } from './webhook-row.js';

/** @import { Followed, WebhookView } from '../../api/schemas.ts' */

const PAGE = 50;

/** @param {() => void} onChange told when something of them may have changed */
export function createWebhooks(onChange) {
  /** @type {Map<string, WebhookView>} */
  let webhooks = new Map();
  const pages = slices('webhooks', PAGE, draw);

  async function reload() {
    const all = await getAll('webhooks');
    webhooks = new Map(all.map((one) => [one.name, one]));
    const names = all.slice(0, 200).map((one) => el('option', { value: one.name }));
    byId('webhook-names').replaceChildren(...names);
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
    keyed(
      byId('webhooks-list'),
      pages.of([...webhooks.values()]),
      (one) => one.name,
      (one) => createWebhookRow(one.name, keep),
    );
    const count = webhooks.size.toLocaleString('en');
    write(byId('webhooks-count'), webhooks.size > 0 ? count : 'none in the configuration');
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

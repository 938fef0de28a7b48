import { post } from './api.js';
import { setSince, since } from './clock.js';
import { el, write } from './dom.js';
import { counted, duration } from './format.js';
import { latency } from './latency.js';
import { act, badge, button, notice, setBadge, setVerb } from './parts.js';

/** @import { WebhookView } from '../../api/schemas.ts' */

/** Nothing is sent, or less than could be: resuming helps. */
const STOPPED = ['paused', 'held', 'failing'];

/**
 * A webhook, and what can be done with it.
 *
 * @param {string} name
 * @param {(webhook: WebhookView) => void} keep takes what the daemon answered
 */
export function createWebhookRow(name, keep) {
  const path = `webhooks/${encodeURIComponent(name)}`;
  const mark = badge();
  const receiver = el('span', { class: 'hint' });
  const backlog = el('span', { class: 'facts' });
  const oldest = since(null);
  const waiting = el('span', {}, ' · oldest ', oldest);
  const recent = latency();
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
    recent.element,
    el('span', { class: 'when' }, backlog, waiting),
    success,
    el('span', { class: 'actions' }, pause, test),
    reason,
  );
  return {
    element,
    /** @param {WebhookView} one */
    update(one) {
      stopped = STOPPED.includes(one.state);
      setBadge(mark, one.state);
      write(receiver, one.receiver ?? '');
      write(backlog, `${one.pending.toLocaleString('en')} waiting · ${counted(one.dead, 'dead letter')}`);
      setSince(oldest, one.oldest_pending, '');
      waiting.hidden = one.oldest_pending === null;
      recent.update(one.recent);
      write(success, successOf(one));
      write(reason, one.reason ?? failuresOf(one));
      reason.hidden = reason.textContent === '';
      setVerb(pause, stopped ? 'Resume' : 'Pause');
      pause.hidden = one.state === 'removed' || one.state === 'disabled';
      test.hidden = pause.hidden;
    },
  };
}

/** @param {WebhookView} webhook */
function failuresOf({ failures, recent: { error } }) {
  if (failures === 0) return '';
  return `${counted(failures, 'failed attempt')} in a row${error === null ? '' : `: ${error}`}`;
}

/** @param {WebhookView} webhook */
function successOf({ recent: { attempts, delivered, median_ms: median, slowest_ms: slowest } }) {
  if (attempts === 0) return 'no attempt since the start';
  const rate = `${Math.floor((delivered / attempts) * 100)}% of the last ${counted(attempts, 'attempt')} delivered`;
  return median === null || slowest === null
    ? rate
    : `${rate} · median ${duration(median)}, slowest ${duration(slowest)}`;
}

import { get, post } from './api.js';
import { setSince, since } from './clock.js';
import { el, write } from './dom.js';
import { counted, duration } from './format.js';
import { hours } from './hours.js';
import { act, badge, button, setBadge, setVerb, unfolding } from './parts.js';
import { strip } from './strip.js';

/** @import { PollView, SourceDetail, SourceView } from '../../api/schemas.ts' */

/**
 * A source, and what can be done with it.
 *
 * @param {string} name
 * @param {(detail: SourceDetail) => void} keep takes what the daemon answered
 */
export function createSourceRow(name, keep) {
  const path = `sources/${encodeURIComponent(name)}`;
  let paused = false;
  /** @type {readonly PollView[] | null} */
  let polls = null;
  const mark = badge();
  const recent = strip();
  const changes = hours();
  const last = since(null);
  const next = since(null, 'none');
  const facts = el('span', { class: 'facts' });
  const events = el('span', { class: 'flow' });
  const error = el('p', { class: 'error' });
  const { more, panel } = unfolding('Details', `of ${name}`, async () => {
    polls = null;
    keep(await get(path));
  });
  const poll = button('Poll now', name, () =>
    act(poll, async () => {
      keep(await post(`${path}/poll`));
      return `${name} is polled as soon as its budget allows.`;
    }),
  );
  const pause = button('Pause', name, () =>
    act(pause, async () => {
      const verb = paused ? 'resume' : 'pause';
      keep(await post(`${path}/${verb}`));
      return verb === 'pause' ? `${name} is not polled until it is resumed.` : `${name} is polled again.`;
    }),
  );
  const element = el(
    'li',
    { class: 'row source' },
    el('span', { class: 'who' }, mark, el('strong', {}, name)),
    recent.element,
    el('span', { class: 'when' }, 'polled ', last, ' · next ', next),
    facts,
    changes.element,
    events,
    el('span', { class: 'actions' }, poll, pause, more),
    error,
    panel,
  );
  return {
    element,
    /** @param {SourceView | SourceDetail} one */
    update(one) {
      paused = one.state === 'paused';
      setBadge(mark, one.state);
      recent.update(one.recent);
      changes.update(one.changes_by_hour);
      write(events, `${counted(one.events_last_hour, 'event')} in the last hour`);
      setSince(last, one.last_poll);
      if (one.polling) setSince(next, null, 'under way');
      else setSince(next, one.next_poll, 'none');
      write(facts, factsOf(one));
      write(error, one.error ?? '');
      error.hidden = one.error === null;
      error.dataset.state = one.state;
      setVerb(pause, paused ? 'Resume' : 'Pause');
      if (panel.hidden || !('polls' in one) || one.polls === polls) return;
      polls = one.polls;
      panel.replaceChildren(...detailOf(one));
    },
  };
}

/** @param {SourceView} source */
function factsOf({ records, interval, cron, budget }) {
  return [
    counted(records, 'record'),
    interval ? `every ${interval}` : `cron ${cron}`,
    budget && `budget ${budget}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

/** @param {SourceDetail} detail */
function detailOf({ polls, failures, sequence, last_success, enabled }) {
  const facts = el('p', {}, 'Last success ', since(last_success), ` · last event number ${sequence}`);
  if (failures > 0) facts.append(` · ${counted(failures, 'failed poll')} in a row`);
  if (!enabled) facts.append(' · disabled in the configuration');
  if (polls.length === 0)
    return [facts, el('p', { class: 'hint' }, 'Nothing but unchanged polls since the start.')];
  return [
    facts,
    el('h3', {}, 'Polls that were more than unchanged'),
    el('ul', { class: 'lines' }, ...polls.map(pollLine)),
  ];
}

/** @param {PollView} poll */
function pollLine({ at, result, duration_ms: took, status, records, events, error }) {
  const said = [
    status !== null && `HTTP ${status}`,
    duration(took),
    records !== null && counted(records, 'record'),
    events > 0 && counted(events, 'event'),
    error,
  ].filter(Boolean);
  return el('li', {}, since(at), ` · ${result.replace('_', ' ')} · ${said.join(' · ')}`);
}

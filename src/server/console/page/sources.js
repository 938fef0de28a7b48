import { get, getAll, post, Refusal } from './api.js';
import { setSince, since } from './clock.js';
import { byId, coalesced, el, keyed, write } from './dom.js';
import { counted, duration } from './format.js';
import { act, badge, button, pager, setBadge, setVerb } from './parts.js';
import { legend, setStrip, strip } from './strip.js';

/** @import { BudgetView, Followed, PollView, SourceDetail, SourceView } from '../../api/schemas.ts' */

const PAGE = 50;
const RECENT = 60;
/** What needs a person comes first. */
const FIRST = ['failing', 'suspect'];

/**
 * The sources, however many: all are known, a page of them is shown, and only of these is anything drawn.
 *
 * @param {() => void} onChange told when a state may have changed
 */
export function createSources(onChange) {
  /** @type {Map<string, SourceView>} */
  let sources = new Map();
  /** @type {Map<string, ReturnType<typeof createRow>>} */
  const rows = new Map();
  /** Shown sources of which more happened than the stream tells. */
  const stale = new Set();
  let page = 0;

  const list = byId('sources-list');
  const name = byId('sources-name');
  const state = byId('sources-state');
  for (const field of [name, state]) {
    field.addEventListener('input', () => {
      page = 0;
      draw();
    });
  }
  name.form.addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault());
  byId('legend').append('Recent polls, the newest at the right: ', ...legend());

  const refreshStale = coalesced(async () => {
    const names = [...stale].filter((one) => rows.has(one)).slice(0, 10);
    for (const one of names) stale.delete(one);
    await Promise.all(names.map((one) => refresh(one)));
    if ([...stale].some((one) => rows.has(one))) refreshStale();
  }, 300);

  /** @param {string} one */
  async function refresh(one) {
    try {
      keep(await get(`sources/${encodeURIComponent(one)}`));
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) sources.delete(one);
      else throw error;
    }
    drawSoon();
  }

  /** @param {SourceDetail} detail */
  function keep(detail) {
    sources.set(detail.name, detail);
    rows.get(detail.name)?.setDetail(detail);
    drawSoon();
    onChange();
  }

  const drawSoon = coalesced(async () => draw(), 100);

  function draw() {
    const part = name.value.trim().toLowerCase();
    const wanted = [...sources.values()]
      .filter((one) => one.name.toLowerCase().includes(part) && fits(one.state, state.value))
      .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
    page = Math.min(page, Math.max(0, Math.ceil(wanted.length / PAGE) - 1));
    const shown = wanted.slice(page * PAGE, (page + 1) * PAGE);
    keyed(
      list,
      shown,
      (one) => one.name,
      (one) => {
        const row = createRow(one, keep);
        rows.set(one.name, row);
        return row.element;
      },
      (_, one) => rows.get(one.name)?.update(one),
    );
    const there = new Set(shown.map((one) => one.name));
    for (const one of rows.keys()) if (!there.has(one)) rows.delete(one);
    const counts = wanted.length === sources.size ? `${sources.size}` : `${wanted.length} of ${sources.size}`;
    write(byId('sources-count'), sources.size > 0 ? counts : 'none in the configuration');
    const last = (page + 1) * PAGE >= wanted.length;
    const turn = (/** @type {number} */ by) => () => {
      page += by;
      draw();
    };
    pager(byId('sources-pager'), {
      text: page === 0 && last ? '' : `${page * PAGE + 1} to ${page * PAGE + shown.length}`,
      before: page === 0 ? null : turn(-1),
      after: last ? null : turn(1),
      noun: 'sources',
    });
  }

  return {
    /** Reads everything again: at the start, after a gap, and now and then. */
    async reload() {
      const [all, budgets] = await Promise.all([getAll('sources'), get('budgets')]);
      sources = new Map(all.map((one) => [one.name, one]));
      byId('source-names').replaceChildren(
        ...all.slice(0, 200).map((one) => el('option', { value: one.name })),
      );
      draw();
      drawBudgets(budgets.items);
      onChange();
    },
    async reloadBudgets() {
      drawBudgets((await get('budgets')).items);
    },
    /** @param {Followed} happened */
    happened(happened) {
      if (happened.kind === 'source') {
        const known = sources.get(happened.name);
        if (known) sources.set(happened.name, { ...known, state: happened.state });
        stale.add(happened.name);
        onChange();
      } else if (happened.kind === 'poll') {
        const known = sources.get(happened.source);
        if (!known) return;
        const recent = [...known.recent, happened.result].slice(-RECENT);
        const records = happened.records ?? known.records;
        sources.set(known.name, { ...known, recent, records, last_poll: happened.at, error: happened.error });
        stale.add(known.name);
      } else return;
      drawSoon();
      refreshStale();
    },
    /** Takes what an action answered. */
    keep,
    all: () => [...sources.values()],
  };
}

/**
 * @param {string} state
 * @param {string} wanted
 */
function fits(state, wanted) {
  return wanted === '' || state === wanted || (wanted === 'wrong' && FIRST.includes(state));
}

/** @param {SourceView} source */
function rank({ state }) {
  const at = FIRST.indexOf(state);
  return at < 0 ? FIRST.length : at;
}

/**
 * @param {SourceView} source
 * @param {(detail: SourceDetail) => void} keep
 */
function createRow(source, keep) {
  const { name } = source;
  const path = `sources/${encodeURIComponent(name)}`;
  let paused = source.state === 'paused';
  const mark = badge(source.state);
  const drawing = strip();
  const last = since(null);
  const next = since(null, 'none');
  const facts = el('span', { class: 'facts' });
  const error = el('p', { class: 'error' });
  const panel = el('div', { class: 'panel', hidden: true });
  const more = button('Details', `of ${name}`, toggle);
  more.setAttribute('aria-expanded', 'false');
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
    /** @type {any} */ (drawing),
    el('span', { class: 'when' }, 'polled ', last, ' · next ', next),
    facts,
    el('span', { class: 'actions' }, poll, pause, more),
    error,
    panel,
  );

  function toggle() {
    const open = panel.hidden;
    panel.hidden = !open;
    more.setAttribute('aria-expanded', String(open));
    if (open) void act(more, async () => keep(await get(path)) ?? null);
  }

  /** @param {SourceView} one */
  function update(one) {
    paused = one.state === 'paused';
    setBadge(mark, one.state);
    setStrip(drawing, one.recent);
    setSince(last, one.last_poll);
    if (one.polling) setSince(next, null, 'under way');
    else setSince(next, one.next_poll, 'none');
    write(facts, factsOf(one));
    write(error, one.error ?? '');
    error.hidden = one.error === null;
    setVerb(pause, paused ? 'Resume' : 'Pause');
  }

  update(source);
  return {
    element,
    update,
    /** @param {SourceDetail} detail */
    setDetail(detail) {
      if (!panel.hidden) panel.replaceChildren(...detailOf(detail));
    },
  };
}

/** @param {SourceView} source */
function factsOf({ records, interval, cron, events_last_hour: events, budget }) {
  return [
    counted(records, 'record'),
    `${counted(events, 'event')} in the last hour`,
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

/** @param {readonly BudgetView[]} budgets */
function drawBudgets(budgets) {
  byId('budgets').hidden = budgets.length === 0;
  /** @param {BudgetView} budget */
  const words = ({ left, paused_ms: paused, waiting }) =>
    [
      left === null ? 'no limit known' : `${left.toLocaleString('en')} left`,
      paused > 0 && `the server refused: nothing is sent for ${duration(paused)}`,
      waiting > 0 && counted(waiting, 'request waits', 'requests wait'),
    ]
      .filter(Boolean)
      .join(' · ');
  keyed(
    byId('budgets-list'),
    budgets.slice(0, PAGE),
    ({ name }) => name,
    (one) => el('li', {}, el('strong', {}, one.name), ' ', el('span', {}, words(one))),
    (element, one) => element.lastElementChild && write(element.lastElementChild, words(one)),
  );
}

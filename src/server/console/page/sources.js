import { get, getAll, Refusal } from './api.js';
import { byId, coalesced, el, write } from './dom.js';
import { slices } from './paging.js';
import { keyed } from './rows.js';
import { createSourceRow } from './source-row.js';
import { legend } from './strip.js';

/** @import { Followed, SourceDetail, SourceView } from '../../api/schemas.ts' */

const PAGE = 50;
const RECENT = 60;
/** Sources that are asked about at the same time. */
const TOGETHER = 10;
/** What needs a person comes first. */
const FIRST = ['failing', 'suspect'];

/**
 * The sources, however many: all are known, a page of them is shown, and only of these is anything drawn.
 *
 * @param {(detail: SourceDetail | null) => void} onChange told when a state may have changed, with what is known of it
 */
export function createSources(onChange) {
  /** @type {Map<string, SourceView>} */
  let sources = new Map();
  /** @type {ReadonlySet<string>} */
  let shown = new Set();
  /** Sources of which more happened than the stream tells. */
  const stale = new Set();

  const name = byId('sources-name');
  const state = byId('sources-state');
  const pages = slices('sources', PAGE, () => draw());
  for (const field of [name, state]) {
    field.addEventListener('input', () => {
      pages.first();
      draw();
    });
  }
  name.form.addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault());
  byId('legend').append(
    'Recent polls, the newest at the right: ',
    ...legend(),
    el('span', {}, 'below: changes per hour over a day'),
  );

  const refreshStale = coalesced(async () => {
    const names = [...stale].filter((one) => shown.has(one)).slice(0, TOGETHER);
    for (const one of names) stale.delete(one);
    await Promise.all(names.map((one) => refresh(one)));
    if ([...stale].some((one) => shown.has(one))) refreshStale();
  }, 300);

  /** @param {string} one */
  async function refresh(one) {
    try {
      keep(await get(`sources/${encodeURIComponent(one)}`));
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 404) throw error;
      sources.delete(one);
      drawSoon();
    }
  }

  /** @param {SourceDetail} detail */
  function keep(detail) {
    sources.set(detail.name, detail);
    drawSoon();
    onChange(detail);
  }

  const drawSoon = coalesced(async () => draw(), 100);

  function draw() {
    const part = name.value.trim().toLowerCase();
    const wanted = [...sources.values()]
      .filter((one) => one.name.toLowerCase().includes(part) && fits(one.state, state.value))
      .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
    const page = pages.of(wanted);
    shown = new Set(page.map((one) => one.name));
    keyed(
      byId('sources-list'),
      page,
      (one) => one.name,
      (one) => createSourceRow(one.name, keep),
    );
    const count = sources.size.toLocaleString('en');
    const counts =
      wanted.length === sources.size ? count : `${wanted.length.toLocaleString('en')} of ${count}`;
    write(byId('sources-count'), sources.size > 0 ? counts : 'none in the configuration');
  }

  return {
    /** Reads everything again: at the start, after a gap, and now and then. */
    async reload() {
      const all = await getAll('sources');
      sources = new Map(all.map((one) => [one.name, one]));
      const names = all.slice(0, 200).map((one) => el('option', { value: one.name }));
      byId('source-names').replaceChildren(...names);
      draw();
      onChange(null);
    },
    /** @param {Followed} happened */
    happened(happened) {
      if (happened.kind === 'source') {
        const known = sources.get(happened.name);
        if (known) sources.set(happened.name, { ...known, state: happened.state });
        stale.add(happened.name);
        onChange(null);
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

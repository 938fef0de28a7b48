import { get, post } from './api.js';
import { byId, coalesced, el, write } from './dom.js';
import { counted, short } from './format.js';
import { act, button, confirmed } from './parts.js';
import { keyed } from './rows.js';

/** @import { Followed, SourceDetail, SourceView } from '../../api/schemas.ts' */

const MOST = 20;

/**
 * Answers that are not believed until a person decides. Deletions that are approved are sent, so that it is asked first.
 *
 * @param {(detail: SourceDetail) => void} keep takes what is known now
 */
export function createDoubts(keep) {
  /** Sources in doubt, and what is known of them. @type {Map<string, SourceDetail | null>} */
  let doubts = new Map();

  const refresh = coalesced(async () => {
    const asked = [...doubts.keys()].slice(0, MOST);
    const found = await Promise.all(
      asked.map((name) => get(`sources/${encodeURIComponent(name)}`).catch(() => null)),
    );
    for (const one of found) if (one) keep(one);
  }, 200);

  function draw() {
    const known = [...doubts.values()].filter((one) => one !== null);
    keyed(
      byId('doubts-list'),
      known.slice(0, MOST),
      (one) => one.name,
      (one) => createRow(one.name, keep),
    );
    byId('doubts').hidden = known.length === 0;
    const more = doubts.size - MOST;
    write(byId('doubts-more'), more > 0 ? `${counted(more, 'more source')} in doubt: they follow.` : '');
  }

  return {
    /** @param {readonly SourceView[]} sources */
    update(sources) {
      const names = sources.filter(({ state }) => state === 'suspect').map(({ name }) => name);
      doubts = new Map(names.map((name) => [name, doubts.get(name) ?? null]));
      draw();
      if (names.slice(0, MOST).some((name) => doubts.get(name) === null)) refresh();
    },
    /** @param {SourceDetail} detail */
    learn(detail) {
      if (detail.suspect && detail.state === 'suspect') doubts.set(detail.name, detail);
      else doubts.delete(detail.name);
      draw();
    },
    /** @param {Followed} happened */
    happened(happened) {
      if (happened.kind === 'poll' && doubts.has(happened.source)) refresh();
    },
  };
}

/**
 * @param {string} name
 * @param {(detail: SourceDetail) => void} keep
 */
function createRow(name, keep) {
  const path = `sources/${encodeURIComponent(name)}`;
  let gone = '';
  const approve = button('Approve', `the answer of ${name}`, async () => {
    const title = `Report ${gone} of ${name} as deleted?`;
    const text = `If the next poll misses them too, a "deleted" event is made of each that a rule wants, and sent. This cannot be taken back.`;
    if (!(await confirmed(title, text, `Approve ${gone}`))) return;
    await act(approve, async () => {
      keep(await post(`${path}/approve`));
      return `${name}: approved. The next poll decides.`;
    });
  });
  const reject = button('Reject', `the answer of ${name}`, async () => {
    const title = `Keep what ${name} showed before?`;
    const text = 'Nothing is reported as deleted, and no more is said about it until other records vanish.';
    if (!(await confirmed(title, text, 'Reject the answer'))) return;
    await act(reject, async () => {
      keep(await post(`${path}/reject`));
      return `${name}: rejected. The baseline stays as it was.`;
    });
  });
  const decision = el('span', { class: 'hint' });
  const reason = el('p', { class: 'reason' });
  const examples = el('span');
  const keys = el('p', {}, 'For example ', examples);
  const hint = el(
    'p',
    { class: 'hint' },
    'There is nothing to approve: the source has to answer readably again.',
  );
  const element = el(
    'li',
    { class: 'row doubt' },
    el('span', { class: 'who' }, el('strong', {}, name), decision),
    el('span', { class: 'actions' }, approve, reject),
    reason,
    keys,
    hint,
  );
  return {
    element,
    /** @param {SourceDetail} source */
    update({ suspect }) {
      if (!suspect) return;
      const undecidable = suspect.missing === null;
      gone = counted(suspect.missing ?? 0, 'record');
      write(decision, suspect.decision === null ? '' : SAID[suspect.decision]);
      write(reason, suspect.reason);
      keyed(
        examples,
        suspect.examples,
        (key) => key,
        (key) => ({ element: el('code', { class: 'key' }, short(key)) }),
      );
      keys.hidden = suspect.examples.length === 0;
      hint.hidden = !undecidable;
      approve.hidden = undecidable || suspect.decision === 'approved';
      reject.hidden = undecidable || suspect.decision !== null;
    },
  };
}

const SAID = {
  approved: 'approved: the next poll decides',
  rejected: 'rejected: the baseline stays',
};

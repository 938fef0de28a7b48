import { get, post } from './api.js';
import { byId, coalesced, el, keyed } from './dom.js';
import { counted } from './format.js';
import { act, button, confirmed } from './parts.js';

/** @import { SourceDetail, SourceView } from '../../api/schemas.ts' */

const MOST = 20;

/**
 * Answers that are not believed until a person decides. Deletions that are approved are sent, so that it is asked first.
 *
 * @param {(detail: SourceDetail) => void} keep takes what is known now
 */
export function createDoubts(keep) {
  let names = '';
  /** @type {readonly SourceDetail[]} */
  let known = [];

  const refresh = coalesced(async () => {
    const wanted = names === '' ? [] : names.split('\n').slice(0, MOST);
    const found = await Promise.all(
      wanted.map((name) => get(`sources/${encodeURIComponent(name)}`).catch(() => null)),
    );
    known = found.filter((one) => one?.suspect);
    draw();
  }, 200);

  function draw() {
    byId('doubts').hidden = known.length === 0;
    keyed(
      byId('doubts-list'),
      known,
      (one) => `${one.name}\n${JSON.stringify(one.suspect)}`,
      (one) =>
        rowOf(one, (detail) => {
          keep(detail);
          refresh();
        }),
    );
  }

  return {
    /** @param {readonly SourceView[]} sources */
    update(sources) {
      const suspect = sources
        .filter(({ state }) => state === 'suspect')
        .map(({ name, error }) => ({ name, error }));
      const wanted = suspect.map(({ name }) => name).join('\n');
      if (wanted === names && known.length === Math.min(suspect.length, MOST)) return;
      names = wanted;
      refresh();
    },
    refresh,
  };
}

/**
 * @param {SourceDetail} source
 * @param {(detail: SourceDetail) => void} done
 */
function rowOf({ name, suspect }, done) {
  if (!suspect) throw new Error('nothing is in doubt');
  const { reason, missing, examples, rejected } = suspect;
  const path = `sources/${encodeURIComponent(name)}`;
  const gone = missing === null ? '' : counted(missing, 'record');
  const approve = button('Approve', `the answer of ${name}`, async () => {
    const title = `Report ${gone} of ${name} as deleted?`;
    const text = `If the next poll misses them too, a "deleted" event is made of each that a rule wants, and sent. This cannot be taken back.`;
    if (!(await confirmed(title, text, `Approve ${gone}`))) return;
    await act(approve, async () => {
      done(await post(`${path}/approve`));
      return `${name}: approved. The next poll decides.`;
    });
  });
  const reject = button('Reject', `the answer of ${name}`, async () => {
    const title = `Keep what ${name} showed before?`;
    const text = 'Nothing is reported as deleted, and no more is said about it until other records vanish.';
    if (!(await confirmed(title, text, 'Reject the answer'))) return;
    await act(reject, async () => {
      done(await post(`${path}/reject`));
      return `${name}: rejected. The baseline stays as it was.`;
    });
  });
  const decide =
    missing === null ? null : el('span', { class: 'actions' }, approve, rejected ? null : reject);
  const keys =
    examples.length === 0
      ? null
      : el('p', { class: 'keys' }, 'For example ', el('code', {}, examples.join(', ')));
  return el(
    'li',
    { class: 'row doubt' },
    el('span', { class: 'who' }, el('strong', {}, name), rejected ? ' (rejected)' : ''),
    decide,
    el('p', { class: 'reason' }, reason),
    keys,
    missing === null
      ? el('p', { class: 'hint' }, 'There is nothing to approve: the source has to answer readably again.')
      : null,
  );
}

import { byId, el } from './dom.js';

/**
 * Shows why a changed configuration is not applied.
 *
 * @param {readonly string[]} problems none if it is
 * @returns {boolean} whether there are any
 */
export function showMistakes(problems) {
  byId('mistakes').hidden = problems.length === 0;
  byId('mistakes-list').replaceChildren(
    ...problems.map((line) => el('li', { class: 'row doubt' }, el('p', {}, line))),
  );
  return problems.length > 0;
}

import { el } from './dom.js';
import { counted, pathOf, short, shown } from './format.js';

const SHOWN = 5;
const MOST = 500;
/** Longer values are folded; beyond the second bound, the API is the place to read them. */
const LONG = 90;
const LONGEST = 20_000;

/** @typedef {() => HTMLElement} Line made when it is to be seen */

/**
 * What differs, field by field: old, an arrow, new. What is long or much is folded, and made only when it is unfolded.
 *
 * @param {import('./api.js').Answer} body the standard body of an event
 * @returns {Node}
 */
export function difference(body) {
  const data = body?.data ?? {};
  if ('record' in data) return fields('Data', data.record);
  if (data.change === 'created') return fields('New', data.current);
  if (data.change === 'deleted') return fields('Was', data.previous);
  const changes = Array.isArray(data.changes) ? data.changes : [];
  if (changes.length === 0) return fields('Now', data.current);
  const lines = changes.map((/** @type {import('./api.js').Answer} */ { path, ...values }) => () => {
    const from = 'from' in values ? value('del', values.from) : 'added';
    const to = 'to' in values ? value('ins', values.to) : 'removed';
    const arrow = el('span', { class: 'arrow', 'aria-label': 'became', role: 'img' }, '→');
    return line(pathOf(String(path)), from, ' ', arrow, ' ', to);
  });
  const more = data.truncated
    ? el('p', { class: 'hint' }, 'More fields changed than the event lists.')
    : null;
  return el('div', {}, ...listed(lines, 'changed field'), more);
}

/**
 * @param {string} word
 * @param {unknown} record
 */
function fields(word, record) {
  const isWhole =
    typeof record !== 'object' || record === null || Array.isArray(record) || 'rawJSON' in record;
  const members = isWhole ? [['', record]] : Object.entries(record);
  const lines = members.map(
    ([name, content]) =>
      () =>
        line(String(name), value('span', content)),
  );
  return folded(`${word}: ${counted(members.length, 'field')}`, () => listed(lines, 'field'));
}

/**
 * The first lines, and the rest folded.
 *
 * @param {readonly Line[]} lines
 * @param {string} noun
 */
function listed(lines, noun) {
  const rest = lines.slice(SHOWN);
  const first = listOf(lines.slice(0, SHOWN));
  if (rest.length === 0) return [first];
  const left = rest.length - MOST;
  const hint =
    left > 0 ? el('p', { class: 'hint' }, `${counted(left, 'field')} more: the API has them.`) : null;
  const more = `${rest.length.toLocaleString('en')} more ${rest.length === 1 ? noun : `${noun}s`}`;
  return [first, folded(more, () => [listOf(rest.slice(0, MOST)), ...(hint ? [hint] : [])])];
}

/** @param {readonly Line[]} lines */
function listOf(lines) {
  return el('ul', { class: 'fields' }, ...lines.map((make) => make()));
}

/**
 * @param {string} summary
 * @param {() => readonly Node[]} make
 */
function folded(summary, make) {
  const details = el('details', {}, el('summary', {}, summary));
  details.addEventListener('toggle', () => details.append(...make()), { once: true });
  return details;
}

/**
 * @param {string} path
 * @param {(Node | string)[]} parts
 */
function line(path, ...parts) {
  return el('li', {}, el('span', { class: 'path' }, short(path)), ' ', ...parts);
}

/**
 * @param {'del' | 'ins' | 'span'} tag
 * @param {unknown} content
 */
function value(tag, content) {
  const text = shown(content);
  if (text.length <= LONG) return el(tag, { class: 'value' }, text);
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
  const details = folded(`${text.slice(0, LONG)}…`, () => [el(tag, {}, cut)]);
  details.className = 'value';
  return details;
}

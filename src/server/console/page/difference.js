import { el } from './dom.js';
import { counted, pathOf, shown } from './format.js';

const SHOWN = 5;
/** Longer values are folded; beyond the second bound, the API is the place to read them. */
const LONG = 90;
const LONGEST = 20_000;

/**
 * What differs, field by field: old, an arrow, new. What is long is folded.
 *
 * @param {any} body the standard body of an event
 * @returns {Node}
 */
export function difference(body) {
  const data = body?.data ?? {};
  if ('record' in data) return fields('Data', membersOf(data.record));
  if (data.change === 'created') return fields('New', membersOf(data.current));
  if (data.change === 'deleted') return fields('Was', membersOf(data.previous));
  const changes = Array.isArray(data.changes) ? data.changes : [];
  if (changes.length === 0) return fields('Now', membersOf(data.current));
  const lines = changes.map((/** @type {any} */ { path, ...values }) =>
    line(
      pathOf(String(path)),
      'from' in values ? value('del', values.from) : 'added',
      'to' in values ? value('ins', values.to) : 'removed',
    ),
  );
  const list = folded(lines, 'changed field');
  if (data.truncated) list.append(el('p', { class: 'hint' }, 'More fields changed than the event lists.'));
  return list;
}

/** @param {unknown} record */
function membersOf(record) {
  const whole = typeof record !== 'object' || record === null || Array.isArray(record) || 'rawJSON' in record;
  return whole ? [['', record]] : Object.entries(record);
}

/**
 * @param {string} word
 * @param {readonly (readonly unknown[])[]} members
 */
function fields(word, members) {
  const lines = members.map(([name, content]) => line(String(name), value('span', content)));
  return el(
    'details',
    {},
    el('summary', {}, `${word}: ${counted(members.length, 'field')}`),
    folded(lines, 'field'),
  );
}

/**
 * @param {string} path
 * @param {(Node | string)[]} values
 */
function line(path, ...values) {
  const [from, to] = values;
  const parts =
    to === undefined
      ? [from ?? '']
      : [from ?? '', el('span', { class: 'arrow', 'aria-label': 'became', role: 'img' }, '→'), to];
  const spaced = parts.flatMap((part, at) => (at === 0 ? [part] : [' ', part]));
  return el('li', {}, el('span', { class: 'path' }, path), ' ', ...spaced);
}

/**
 * @param {'del' | 'ins' | 'span'} tag
 * @param {unknown} content
 */
function value(tag, content) {
  const text = shown(content);
  if (text.length <= LONG) return el(tag, { class: 'value' }, text);
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
  return el('details', { class: 'value' }, el('summary', {}, `${text.slice(0, LONG)}…`), el(tag, {}, cut));
}

/**
 * @param {readonly HTMLElement[]} lines
 * @param {string} noun
 */
function folded(lines, noun) {
  const first = el('ul', { class: 'fields' }, ...lines.slice(0, SHOWN));
  const rest = lines.slice(SHOWN);
  if (rest.length === 0) return el('div', {}, first);
  const more = el('summary', {}, `${rest.length} more ${rest.length === 1 ? noun : `${noun}s`}`);
  return el('div', {}, first, el('details', {}, more, el('ul', { class: 'fields' }, ...rest.slice(0, 500))));
}

/** @typedef {{ unit: string, ms: number }} Unit */
const UNITS = [
  { unit: 'd', ms: 86_400_000 },
  { unit: 'h', ms: 3_600_000 },
  { unit: 'min', ms: 60_000 },
  { unit: 's', ms: 1000 },
];

/**
 * `12 s`, `3 min`, `2 h`, `5 d`: one unit is enough to judge by.
 *
 * @param {number} ms
 */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const { unit, ms: size } = UNITS.find((one) => ms >= one.ms) ?? { unit: 's', ms: 1000 };
  return `${Math.floor(ms / size)} ${unit}`;
}

/**
 * @param {number} time Unix milliseconds
 * @param {number} now
 */
export function relative(time, now) {
  const away = time - now;
  if (Math.abs(away) < 1000) return 'now';
  return away < 0 ? `${duration(-away)} ago` : `in ${duration(away)}`;
}

/**
 * `1 source`, `1,234 sources`.
 *
 * @param {number} count
 * @param {string} noun
 * @param {string} [many]
 */
export function counted(count, noun, many = `${noun}s`) {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : many}`;
}

/**
 * A JSON value on one line, the way people write it: text without quotes where that is no other value.
 *
 * @param {unknown} value
 */
export function shown(value) {
  if (typeof value !== 'string') return JSON.stringify(value) ?? '';
  const plain = value !== '' && value.trim() === value && !/^(?:null|true|false|[-\d[{"])/.test(value);
  return plain ? value : JSON.stringify(value);
}

/** Names and keys of others may be as long as they like; where they stand among others, this much of them does. */
const LONG = 120;

/** @param {string} text */
export function short(text) {
  return text.length <= LONG ? text : `${text.slice(0, LONG)}…`;
}

/**
 * @param {string} pointer a JSON Pointer
 * @returns {string} `address.city`, or the pointer itself where dots would mislead
 */
export function pathOf(pointer) {
  const parts = pointer.split('/').slice(1);
  if (parts.length === 0) return '(whole record)';
  const simple = parts.every((part) => /^[\w$-]+$/.test(part));
  return simple ? parts.join('.') : pointer;
}

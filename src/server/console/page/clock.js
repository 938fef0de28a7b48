import { el, write } from './dom.js';
import { relative } from './format.js';

/** The daemon's clock is the one that counts: how far it is ahead of this machine's, in milliseconds. */
let ahead = 0;

/** @param {string} time what the daemon says that it is */
export function setTime(time) {
  ahead = Date.parse(time) - Date.now();
  tick();
}

/** Unix milliseconds, as the daemon counts. */
export function now() {
  return Date.now() + ahead;
}

/**
 * A time that says how long ago it was, and keeps saying so.
 *
 * @param {string | null} time ISO 8601
 * @param {string} otherwise when there is none
 */
export function since(time, otherwise = 'never') {
  const element = el('time');
  setSince(element, time, otherwise);
  return element;
}

/**
 * @param {HTMLTimeElement} element
 * @param {string | null} time
 * @param {string} otherwise
 */
export function setSince(element, time, otherwise = 'never') {
  if (time === null) {
    element.removeAttribute('datetime');
    element.title = '';
    write(element, otherwise);
    return;
  }
  if (element.dateTime !== time) {
    element.dateTime = time;
    element.title = new Date(time).toLocaleString();
  }
  tell(element);
}

/** @param {HTMLTimeElement} element */
function tell(element) {
  write(element, relative(Date.parse(element.dateTime), now()));
}

function tick() {
  if (document.hidden) return;
  for (const element of document.querySelectorAll('time[datetime]')) {
    tell(/** @type {HTMLTimeElement} */ (element));
  }
}

setInterval(tick, 1000);

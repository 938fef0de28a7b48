import { denied, token } from './api.js';
import { reloadBudgets } from './budgets.js';
import { setTime } from './clock.js';
import { createDeliveries } from './deliveries.js';
import { byId, coalesced, el, write } from './dom.js';
import { createDoubts } from './doubts.js';
import { createEvents } from './events.js';
import { headline } from './headline.js';
import { showMistakes } from './mistakes.js';
import { notice, wordsOf } from './parts.js';
import { createSources } from './sources.js';
import { follow } from './stream.js';
import { addTheme } from './theme.js';
import { createWebhooks } from './webhooks.js';

/** @import { Followed } from '../../api/schemas.ts' */
/** @import { Part } from './headline.js' */
/** @import { Connection } from './stream.js' */

/**
 * The stream tells what happens; that nothing of it was missed is made sure of now and then. A tab at which nobody looks
 * learns of nothing else, for its title.
 */
const RECHECK = 60_000;
const BUDGETS = 10_000;

addTheme();
const sources = createSources((detail) => {
  if (detail) doubts.learn(detail);
  judge();
});
const webhooks = createWebhooks(() => judge());
const events = createEvents();
const deliveries = createDeliveries(() => webhooks.soon());
const doubts = createDoubts((detail) => sources.keep(detail));
/** @type {Connection} */
let connection = { state: 'connecting' };
let loaded = false;
/** Whether the configuration as it was last read has any. */
let mistakes = false;
/** Whether the daemon answered when it was asked last. */
let answers = false;

const judge = coalesced(async () => {
  doubts.update(sources.all());
  const { tone, parts, text } = verdict();
  const title = titleOf(parts);
  const element = byId('headline');
  element.dataset.tone = tone;
  if (element.textContent !== title)
    element.replaceChildren(...parts.map((one) => (one.at ? el('a', { href: one.at }, one.text) : one.text)));
  write(byId('subline'), text);
  document.title = `pollhook: ${tone === 'good' ? 'all is well' : title}`;
}, 100);

/**
 * What the first line says: also before anything could be read, and when nobody answers any more.
 *
 * @returns {{ tone: string, parts: readonly Part[], text: string }}
 */
function verdict() {
  const known = loaded ? headline(sources.all(), webhooks.all(), mistakes) : null;
  const lost = connection.state === 'lost' || (connection.state === 'resting' && !answers);
  if (!lost) return known ?? { tone: 'busy', parts: [{ text: 'Looking at the daemon…' }], text: '' };
  const before = known ? `When it was last heard of: ${titleOf(known.parts)} ${known.text}` : '';
  const reason = connection.state === 'lost' ? connection.reason : '';
  const text = [reason, before].filter(Boolean).join(' ');
  return { tone: 'lost', parts: [{ text: 'No connection to the daemon.' }], text };
}

/** @param {readonly Part[]} parts */
function titleOf(parts) {
  return parts.map(({ text }) => text).join('');
}

const reload = coalesced(async () => {
  const all = [sources.reload(), reloadBudgets(), webhooks.reload(), events.reload(), deliveries.reload()];
  const failed = (await Promise.allSettled(all)).find((one) => one.status === 'rejected');
  if (failed && connection.state === 'live') notice(wordsOf(failed.reason), 'failed');
  answers = failed === undefined;
  loaded ||= answers;
  judge();
}, 500);

/** @param {Connection} now */
function showConnection(now) {
  connection = now;
  const element = byId('connection');
  element.dataset.state = now.state;
  document.body.dataset.connection = now.state;
  const words = {
    connecting: 'Connecting…',
    live: 'Live',
    resting: 'Resting',
    lost: 'Not connected, trying again',
  };
  write(element, words[now.state]);
  judge();
}

/** @type {(() => void) | null} */
let admitted = null;
/** @type {Promise<void> | null} */
let admission = null;

const REFUSED = 'The token was not accepted.';

/** Asks for the token, once for all that need it. */
function askForToken() {
  if (admission !== null) return;
  admission = new Promise((resolve) => {
    admitted = resolve;
  });
  const refused = token.get() !== null;
  write(byId('token-text'), refused ? REFUSED : 'It is in the configuration of the daemon.');
  token.set(null);
  byId('token-dialog').showModal();
  byId('token').focus();
}

byId('token-form').addEventListener('submit', (/** @type {Event} */ event) => {
  event.preventDefault();
  const given = byId('token').value.trim();
  // No header can carry anything else, and no token of a configuration has it.
  if (!/^[\x21-\x7e]+$/.test(given)) {
    write(byId('token-text'), REFUSED);
    return;
  }
  token.set(given);
  byId('token').value = '';
  byId('token-dialog').close();
  admission = null;
  admitted?.();
  showForget();
});
// Without a token there is nothing to see: Escape does not help.
byId('token-dialog').addEventListener('cancel', (/** @type {Event} */ event) => event.preventDefault());
byId('forget').addEventListener('click', () => {
  token.set(null);
  location.reload();
});
denied.addEventListener('denied', askForToken);

function showForget() {
  byId('forget').hidden = token.get() === null;
}

showForget();
setInterval(() => (connection.state === 'live' || connection.state === 'resting') && reload(), RECHECK);
setInterval(() => {
  if (connection.state === 'live' && !document.hidden) reloadBudgets().catch(() => undefined);
}, BUDGETS);
document.addEventListener(
  'visibilitychange',
  () => !document.hidden && connection.state === 'live' && reload(),
);

void follow({
  allowed: () => admission ?? Promise.resolve(),
  onConnection: showConnection,
  onHello({ time, problems }) {
    setTime(time);
    mistakes = showMistakes(problems);
    reload();
  },
  /** @param {Followed} happened */
  onHappened(happened) {
    sources.happened(happened);
    webhooks.happened(happened);
    events.happened(happened);
    deliveries.happened(happened);
    if (happened.kind === 'reload') {
      mistakes = showMistakes(happened.problems);
      reload();
    }
    doubts.happened(happened);
  },
});

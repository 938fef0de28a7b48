import { counted } from './format.js';

/** @typedef {{ state: string, name: string }} SourceSeen */
/** @typedef {{ state: string, name: string, pending: number, dead: number }} WebhookSeen */
/** @typedef {{ tone: 'good' | 'warn' | 'bad', title: string, text: string }} Headline */

/**
 * Is everything well? In words, what matters most first.
 *
 * @param {readonly SourceSeen[]} sources
 * @param {readonly WebhookSeen[]} webhooks
 * @returns {Headline}
 */
export function headline(sources, webhooks) {
  const named = (
    /** @type {readonly { state: string, name: string }[]} */ all,
    /** @type {string} */ state,
  ) => all.filter((one) => one.state === state).map(({ name }) => name);
  const failing = named(sources, 'failing');
  const suspect = named(sources, 'suspect');
  const down = [...named(webhooks, 'failing'), ...named(webhooks, 'held')];
  const dead = webhooks.reduce((sum, one) => sum + one.dead, 0);
  const pending = webhooks.reduce((sum, one) => sum + one.pending, 0);

  const wrong = [
    failing.length > 0 && `${subject(failing, 'source')} ${failing.length === 1 ? 'fails' : 'fail'}`,
    down.length > 0 && `${subject(down, 'webhook')} ${down.length === 1 ? 'is' : 'are'} not reached`,
    suspect.length > 0 &&
      `${counted(suspect.length, 'answer')} of ${list(suspect)} ${suspect.length === 1 ? 'is' : 'are'} in doubt`,
    dead > 0 && counted(dead, 'dead letter'),
  ].filter((part) => part !== false);

  const paused = [...named(sources, 'paused'), ...named(webhooks, 'paused')].length;
  const text = [
    counted(sources.length, 'source'),
    counted(webhooks.length, 'webhook'),
    pending === 0 ? 'nothing waits' : `${counted(pending, 'delivery', 'deliveries')} waiting`,
    paused > 0 && `${paused} paused`,
  ].filter((part) => part !== false);

  const title =
    wrong.length > 0 ? sentence(wrong) : sources.length > 0 ? 'All is well.' : 'No sources are configured.';
  const tone = failing.length + down.length > 0 ? 'bad' : wrong.length > 0 ? 'warn' : 'good';
  return { tone, title, text: `${text.join(' · ')}` };
}

/**
 * @param {readonly string[]} names
 * @param {string} noun
 */
function subject(names, noun) {
  return names.length === 1 ? `${capital(noun)} ${names[0]}` : counted(names.length, noun);
}

/** @param {readonly string[]} names */
function list(names) {
  return names.length <= 2 ? names.join(' and ') : `${names.length} sources`;
}

/** @param {readonly string[]} parts */
function sentence(parts) {
  const said = parts.map((part, at) => (at === 0 ? capital(part) : uncapital(part)));
  const last = said.pop() ?? '';
  return `${said.length > 0 ? `${said.join(', ')} and ` : ''}${last}.`;
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {string} text */
function uncapital(text) {
  return text.replace(/^(?:Source|Webhook) /, (word) => word.toLowerCase());
}

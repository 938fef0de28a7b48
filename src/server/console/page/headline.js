import { counted } from './format.js';

/** @typedef {{ state: string, name: string }} SourceSeen */
/** @typedef {{ state: string, name: string, pending: number, dead: number }} WebhookSeen */
/** @typedef {{ text: string, at?: string | undefined }} Part of a sentence, and the section that shows more */
/** @typedef {{ tone: 'good' | 'warn' | 'bad', parts: readonly Part[], text: string }} Headline */

/**
 * Is everything well? In words, what matters most first.
 *
 * @param {readonly SourceSeen[]} sources
 * @param {readonly WebhookSeen[]} webhooks
 * @param {boolean} rejected whether a changed configuration is not applied
 * @returns {Headline}
 */
export function headline(sources, webhooks, rejected) {
  const failing = named(sources, 'failing');
  const suspect = named(sources, 'suspect');
  const down = [...named(webhooks, 'failing'), ...named(webhooks, 'held')];
  const gone = named(
    webhooks.filter((one) => one.pending > 0),
    'removed',
  );
  const dead = webhooks.reduce((sum, one) => sum + one.dead, 0);
  const pending = webhooks.reduce((sum, one) => sum + one.pending, 0);
  const paused = [...named(sources, 'paused'), ...named(webhooks, 'paused')].length;

  const wrong = [
    failing.length > 0 && {
      text: `${subject(failing, 'source')} ${verb(failing, 'fails', 'fail')}`,
      at: '#sources',
    },
    down.length > 0 && {
      text: `${subject(down, 'webhook')} ${verb(down, 'is', 'are')} not reached`,
      at: '#webhooks',
    },
    suspect.length > 0 && {
      text: `${counted(suspect.length, 'answer')} of ${list(suspect)} ${verb(suspect, 'is', 'are')} in doubt`,
      at: '#doubts',
    },
    gone.length > 0 && {
      text: `${subject(gone, 'webhook')} ${verb(gone, 'is', 'are')} removed but still owed something`,
      at: '#webhooks',
    },
    rejected && { text: 'the changed configuration is not applied', at: '#mistakes' },
    dead > 0 && { text: counted(dead, 'dead letter'), at: '#deliveries' },
  ].filter((part) => part !== false);

  const text = [
    counted(sources.length, 'source'),
    counted(webhooks.length, 'webhook'),
    pending === 0 ? 'nothing waits' : `${counted(pending, 'delivery', 'deliveries')} waiting`,
    paused > 0 && `${paused} paused`,
  ].filter((part) => part !== false);

  const well = sources.length > 0 ? 'All is well.' : 'No sources are configured.';
  return {
    tone: failing.length + down.length > 0 ? 'bad' : wrong.length > 0 ? 'warn' : 'good',
    parts: wrong.length > 0 ? sentence(wrong) : [{ text: well }],
    text: text.join(' · '),
  };
}

/**
 * @param {readonly SourceSeen[]} all
 * @param {string} state
 */
function named(all, state) {
  return all.filter((one) => one.state === state).map(({ name }) => name);
}

/**
 * @param {readonly string[]} names
 * @param {string} noun
 */
function subject(names, noun) {
  return names.length === 1 ? `${noun} ${names[0]}` : counted(names.length, noun);
}

/**
 * @param {readonly string[]} names
 * @param {string} one
 * @param {string} many
 */
function verb({ length }, one, many) {
  return length === 1 ? one : many;
}

/** @param {readonly string[]} names */
function list(names) {
  return names.length <= 2 ? names.join(' and ') : `${names.length.toLocaleString('en')} sources`;
}

/**
 * @param {readonly Part[]} parts
 * @returns {Part[]}
 */
function sentence(parts) {
  return parts.flatMap(({ text, at }, index) => {
    const isLast = index === parts.length - 1;
    const said = index === 0 ? text.charAt(0).toUpperCase() + text.slice(1) : text;
    const between = index === 0 ? [] : [{ text: isLast ? ' and ' : ', ' }];
    return [...between, { text: said, at }, ...(isLast ? [{ text: '.' }] : [])];
  });
}

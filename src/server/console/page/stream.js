import { ask, Refusal } from './api.js';

/** @import { Followed } from '../../api/schemas.ts' */
/** @typedef {{ state: 'connecting' } | { state: 'live' } | { state: 'resting' } | { state: 'lost', reason: string }} Connection what the daemon refused, or nothing */
/** @typedef {{ time: string, problems: readonly string[] }} Greeting the time, and why the configuration is not applied */

/** The daemon beats every 15 s; two beats missed, and nobody is there. */
const SILENCE = 40_000;
/** A browser has six connections to a daemon, for all its tabs: one at which nobody looks lets go of its own. */
const UNSEEN = 5000;
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15_000;

/**
 * Follows what happens for as long as the page is open, and comes back by itself. With `fetch`, because an EventSource
 * cannot send the token in a header.
 *
 * @param {{
 *   onHello: (greeting: Greeting) => void,
 *   onHappened: (happened: Followed) => void,
 *   onConnection: (connection: Connection) => void,
 *   allowed: () => Promise<void>,
 * }} listener
 */
export async function follow({ onHello, onHappened, onConnection, allowed }) {
  let wait = FIRST_WAIT;
  for (;;) {
    await allowed();
    let reason = '';
    let rests = false;
    try {
      rests = await read((name, data) => {
        if (name === 'hello') {
          wait = FIRST_WAIT;
          onConnection({ state: 'live' });
          onHello(JSON.parse(data));
        } else onHappened(JSON.parse(data));
      });
    } catch (error) {
      // Whatever it was: it is tried again, and said that there is no connection. A token is asked for, however often.
      const refusal = error instanceof Refusal ? error : null;
      if (refusal?.status === 401) {
        onConnection({ state: 'connecting' });
        wait = FIRST_WAIT;
        continue;
      }
      reason = refusal?.message ?? '';
    }
    if (rests) {
      onConnection({ state: 'resting' });
      if (document.hidden) await seen();
      continue;
    }
    onConnection({ state: 'lost', reason });
    await Promise.race([pause(wait), backOnline()]);
    wait = Math.min(LONGEST_WAIT, wait * 2);
  }
}

/**
 * @param {(name: string, data: string) => void} tell
 * @returns {Promise<boolean>} whether it ended because nobody looks
 */
async function read(tell) {
  const over = new AbortController();
  let rests = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let unseen;
  function look() {
    clearTimeout(unseen);
    if (!document.hidden) return;
    unseen = setTimeout(() => {
      rests = true;
      over.abort();
    }, UNSEEN);
  }
  document.addEventListener('visibilitychange', look, { signal: over.signal });
  look();
  const silent = () => over.abort();
  let watchdog = setTimeout(silent, SILENCE);
  try {
    const response = await ask('stream', { signal: over.signal });
    const reader = /** @type {ReadableStream<BufferSource>} */ (response.body)
      .pipeThrough(new TextDecoderStream())
      .getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return false;
      clearTimeout(watchdog);
      watchdog = setTimeout(silent, SILENCE);
      const messages = (rest + value).split('\n\n');
      rest = messages.pop() ?? '';
      for (const message of messages) deliver(message, tell);
    }
  } catch (error) {
    if (!rests) throw error;
    return true;
  } finally {
    clearTimeout(unseen);
    clearTimeout(watchdog);
    over.abort();
  }
}

/**
 * @param {string} message lines of one server-sent event, as the daemon writes them
 * @param {(name: string, data: string) => void} tell
 */
function deliver(message, tell) {
  let name = '';
  let data = '';
  for (const line of message.split('\n')) {
    if (line.startsWith('event: ')) name = line.slice(7);
    else if (line.startsWith('data: ')) data += line.slice(6);
  }
  if (name !== '') tell(name, data);
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function seen() {
  return new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
}

function backOnline() {
  return new Promise((resolve) => addEventListener('online', resolve, { once: true }));
}

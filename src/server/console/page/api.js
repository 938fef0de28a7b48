/** What the daemon refused, in its own words. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} detail
   * @param {string} remedy
   */
  constructor(status, detail, remedy) {
    super(remedy ? `${detail}. ${remedy}` : detail);
    this.status = status;
  }
}

const KEPT = 'pollhook.token';

/** @typedef {any} Answer as the daemon sends it: tests hold that to the OpenAPI document, so the page has no types of its own */

/** Kept for this tab alone, and never part of an address. */
export const token = {
  get: () => sessionStorage.getItem(KEPT),
  /** @param {string | null} value */
  set(value) {
    if (value === null) sessionStorage.removeItem(KEPT);
    else sessionStorage.setItem(KEPT, value);
  },
};

/** Whoever has to know that a token is needed, or another one. */
export const denied = new EventTarget();

/**
 * Asks the API; throws a Refusal for an answer that is none, and a TypeError when nobody answers.
 *
 * @param {string} path below `/api/v1/`
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
export async function ask(path, init = {}) {
  const known = token.get();
  const headers = known === null ? {} : { authorization: `Bearer ${known}` };
  const response = await fetch(`/api/v1/${path}`, { ...init, headers });
  if (response.ok) return response;
  if (response.status === 401) denied.dispatchEvent(new Event('denied'));
  const problem = await response.json().catch(() => ({}));
  throw new Refusal(
    response.status,
    String(problem.detail ?? `the daemon answered ${response.status}`),
    String(problem.remedy ?? ''),
  );
}

/**
 * @param {string} path
 * @returns {Promise<Answer>}
 */
export async function get(path) {
  return parse(await (await ask(path, { signal: AbortSignal.timeout(30_000) })).text());
}

/**
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<Answer>}
 */
export async function post(path, body) {
  const given = body === undefined ? {} : { body: JSON.stringify(body) };
  return (await ask(path, { method: 'POST', signal: AbortSignal.timeout(60_000), ...given })).json();
}

/**
 * All pages of a list that the daemon holds in memory.
 *
 * @param {string} path
 * @returns {Promise<Answer[]>}
 */
export async function getAll(path) {
  const items = [];
  let after = '';
  for (;;) {
    const page = await get(`${path}?limit=1000${after && `&after=${encodeURIComponent(after)}`}`);
    items.push(...page.items);
    if (page.next === null) return items;
    after = page.next;
  }
}

/**
 * Numbers that JavaScript would respell keep the digits that were committed.
 *
 * @param {string} text
 */
export function parse(text) {
  return JSON.parse(text, (_, value, context) => {
    const kept = typeof value === 'number' && context?.source !== undefined && JSON.rawJSON !== undefined;
    return kept && String(value) !== context.source ? JSON.rawJSON(context.source) : value;
  });
}

/** @param {{ [name: string]: string | number | undefined | null }} given */
export function query(given) {
  const kept = Object.entries(given).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  return new URLSearchParams(kept.map(([name, value]) => [name, String(value)])).toString();
}

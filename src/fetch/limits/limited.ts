import { type Limits, LONGEST } from './limits.ts';

/** 420 is what some sent before there was a 429. */
const LIMITED = new Set([420, 429]);

/** What servers write into the body of a 403 when they mean 429: GitHub, Salesforce, Google, gateways. */
const WORDS =
  /rate.?limit|limit.?exceeded|request_limit|quota.?exceeded|exceeded .{0,40}quota|too many requests|throttl/i;

/** So much of a body is looked at. */
const EXCERPT = 16_384;

/**
 * Whether an answer refuses a request for being one too many, rather than for what it asks or who asks. A 403 needs
 * evidence: a Retry-After, nothing left of a limit, or words in its body.
 *
 * @param body its beginning; null if it cannot be read
 */
export function isLimited(status: number, limits: Limits, body: string | null): boolean {
  if (LIMITED.has(status)) return true;
  if (status === 503) return limits.retryAfter !== null;
  if (status !== 403) return false;
  const { retryAfter, exceeded, allowances } = limits;
  if (retryAfter !== null || exceeded || allowances.some(({ remaining }) => remaining === 0)) return true;
  return body !== null && WORDS.test(body.slice(0, EXCERPT));
}

/**
 * For how many milliseconds a server that refused does not want to be asked: what it says itself, else until what it
 * has nothing left of is reset; null if it tells neither.
 */
export function pauseOf({ retryAfter, allowances }: Limits): number | null {
  if (retryAfter !== null) return retryAfter;
  const resets = allowances.flatMap(({ remaining, reset }) =>
    remaining === 0 && reset !== null ? [reset] : [],
  );
  return resets.length === 0 ? null : Math.min(LONGEST, Math.max(...resets));
}

import { type Limits, LONGEST } from './limits.ts';

/** Some servers sent 420 before there was a 429. */
const LIMITED = new Set([420, 429]);

/** Words in the body of a 403 that is meant as a 429: of GitHub, Salesforce, Google, gateways. */
const WORDS =
  /rate.?limit|limit.?exceeded|request_limit|quota.?exceeded|exceeded .{0,40}quota|too many requests|throttl/i;

/** Characters of a body that are searched. */
const EXCERPT = 16_384;

/**
 * Whether an answer refuses a request because of a rate limit. A 403 needs evidence: a `Retry-After`, an exhausted
 * limit, or words in its body.
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
 * Milliseconds for which a server that refused asks to be left alone: its `Retry-After`, else until the exhausted
 * limit is reset; null if it states neither.
 */
export function pauseOf({ retryAfter, allowances }: Limits): number | null {
  if (retryAfter !== null) return retryAfter;
  const resets = allowances.flatMap(({ remaining, reset }) =>
    remaining === 0 && reset !== null ? [reset] : [],
  );
  return resets.length === 0 ? null : Math.min(LONGEST, Math.max(...resets));
}

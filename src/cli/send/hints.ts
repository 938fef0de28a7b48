import type { WebhookConfig } from '../../config/document.ts';
import type { Answer, Reply } from '../../deliver/attempt.ts';
import { CODES } from '../../errors.ts';
import { parseHttpDate } from '../../lib/http-date.ts';

/** Seconds of skew that are ignored: `Date` has whole seconds, and the answer takes time. */
const USUAL_SKEW = 5;

/**
 * Seconds by which the receiver's clock is ahead of ours, by its `Date`; 0 if it has none or the difference is small.
 */
export function skewOf(reply: Reply, now: number): number {
  const date = reply.kind === 'answered' && reply.date !== null ? parseHttpDate(reply.date) : null;
  const skew = date === null ? 0 : Math.round((date - now) / 1000);
  return Math.abs(skew) > USUAL_SKEW ? skew : 0;
}

/** Seconds that receivers tolerate. */
const TOLERANCE = 300;

/** Likely mistakes that the reply itself shows; none if it shows none. */
export function hintsOf(reply: Reply, webhook: Pick<WebhookConfig, 'url' | 'method'>, now: number): string[] {
  const skew = skewOf(reply, now);
  const clock =
    Math.abs(skew) > TOLERANCE
      ? [
          `its clock is ${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} ours: receivers tolerate ${TOLERANCE} s`,
        ]
      : [];
  switch (reply.kind) {
    case 'answered':
      return [...clock, ...answered(reply, webhook)];
    case 'unanswered':
    case 'unsent':
      return [CODES[reply.failure.code][1]];
    case 'aborted':
      return [];
  }
}

function answered(
  { status, location, excerpt }: Answer,
  { url, method }: Pick<WebhookConfig, 'url' | 'method'>,
): string[] {
  const { pathname } = new URL(url);
  if (status >= 300 && status < 400) return [redirected(location, url)];
  if (/https? request .*https? ?(?:port|server)/i.test(excerpt) && url.startsWith('http:'))
    return ['its port speaks TLS: write https:// in `url`'];
  if (status === 404) return [`the server has nothing at ${pathname}: is the path of \`url\` complete?`];
  if (status === 405) return [`the server takes no ${method} at ${pathname}: is the path of \`url\` right?`];
  if (status === 410) return [CODES.DELIVERY_GONE[1]];
  if (status === 413) return ['the receiver takes only smaller bodies'];
  if (status === 415) return ['the receiver takes another content type: see `format`'];
  if (status === 429) return [CODES.DELIVERY_LIMITED[1]];
  return [];
}

function redirected(location: string | null, url: string): string {
  if (location === null || !URL.canParse(location, url)) return CODES.DELIVERY_REDIRECT[1];
  const target = new URL(location, url);
  const here = new URL(url);
  const same = target.host === here.host;
  const how =
    same && target.pathname === `${here.pathname}/`
      ? ' (with / at its end)'
      : same && target.protocol !== here.protocol
        ? ` (${target.protocol}//)`
        : '';
  return `webhooks are never redirected: write ${target.href} into \`url\`${how}`;
}

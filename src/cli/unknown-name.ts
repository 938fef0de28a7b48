import { nearest } from '../config/suggest.ts';
import { PollhookError } from '../errors.ts';

/** Names that are listed at most. */
const MOST_NAMES = 20;

/** The error that none of `known` has these names, with the one that was probably meant, or a list of all. */
export function unknownName(
  what: string,
  names: readonly string[],
  known: readonly string[],
  where = '',
): PollhookError {
  const quoted = names.map((name) => JSON.stringify(name)).join(', ');
  const [near] = names.map((name) => nearest(name, known));
  const more = known.length > MOST_NAMES ? ` and ${known.length - MOST_NAMES} more` : '';
  const listed = known.slice(0, MOST_NAMES).join(', ') || 'none';
  const hint = near === undefined ? `there are: ${listed}${more}` : `did you mean ${near}?`;
  return new PollhookError('USAGE', `there is no ${what} ${quoted}${where}; ${hint}`);
}

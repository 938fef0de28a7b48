/** A number in [0, 1), passed in wherever chance decides, so that tests can fix it. */
export type Random = () => number;

/**
 * Full wait plus up to a tenth: never earlier than agreed, and retries of many things do not fall together.
 *
 * @param wait milliseconds
 */
export function jittered(wait: number, random: Random): number {
  return Math.round(wait * (1 + random() / 10));
}

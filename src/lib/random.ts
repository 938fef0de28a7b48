/** A number in [0, 1), passed in wherever chance decides, so that tests can fix it. */
export type Random = () => number;

/**
 * Adds up to a tenth to a wait: never shortens it, and keeps many retries from coinciding.
 *
 * @param wait milliseconds
 */
export function jittered(wait: number, random: Random): number {
  return Math.round(wait * (1 + random() / 10));
}

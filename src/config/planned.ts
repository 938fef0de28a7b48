/**
 * Options that the documentation of later versions knows, by where they belong, so that a file written for one of them
 * gets a plain answer instead of a guess at a misspelling. An option leaves this list when it works; a test compares.
 */
export const PLANNED = {
  source: ['moved_from'],
} as const satisfies { [place: string]: readonly string[] };

const PLACES: readonly [path: RegExp, place: keyof typeof PLANNED][] = [
  [/^(?:sources\.[^.]+|defaults\.source)$/, 'source'],
];

/** Whether a later version has this key in the map at `path`. */
export function isPlanned(path: string, key: string): boolean {
  const place = PLACES.find(([pattern]) => pattern.test(path))?.[1];
  return place !== undefined && (PLANNED[place] as readonly string[]).includes(key);
}

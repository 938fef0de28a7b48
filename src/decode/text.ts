import type { SourceConfig } from '../config/document.ts';
import type { Json } from '../model.ts';
import { MOST_RECORDS, type Parsed, refused } from './parsed.ts';

export type TextOptions = NonNullable<SourceConfig['text']>;

/**
 * Reads text as a list: each match of the pattern is an object of its named groups. A group that did not take part in
 * the match is null.
 */
export function createTextParser({ pattern }: TextOptions) {
  const expression = new RegExp(pattern, 'gmu');
  return (text: string): Parsed => {
    const value: Json[] = [];
    for (const { groups = {} } of text.matchAll(expression)) {
      if (value.length === MOST_RECORDS) {
        return refused('DECODE_LIMIT', `the pattern matches more than ${MOST_RECORDS} times`);
      }
      value.push(Object.fromEntries(Object.entries(groups).map(([name, found]) => [name, found ?? null])));
    }
    return { kind: 'document', value };
  };
}

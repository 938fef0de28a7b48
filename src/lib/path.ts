import type { Json } from '../model.ts';
import { isObject, member } from './json.ts';

/** Letters and digits of any script, and the signs that names of legacy systems have; everything else is JSONata. */
const DOTTED = /^[\p{L}\p{N}_@#:-]+(?:\.[\p{L}\p{N}_@#:-]+)*$/u;

/** What can be written where only a path is meant: `a.b`, `list.*.c`, `Order No.`. */
export const PATH = /^[^.\s][^.]*(?:\.[^.]+)*\.?$/;

export function isPath(text: string): boolean {
  return PATH.test(text);
}

/** Whether a text is a plain path (`data.tickets`), not a JSONata expression. */
export function isDottedPath(text: string): boolean {
  return DOTTED.test(text);
}

/** Member names and list indexes of a dotted path, from the root. A name may itself have dots: {@link valueAt}. */
export function parsePath(text: string): string[] {
  return text.split('.');
}

/**
 * The value at a path of member names and list indexes; undefined if there is none. Where no member has the next name,
 * one is looked for that has it with the names after it: `@odata.nextLink` and `Art.-Nr.` are single members.
 */
export function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  let current = value;
  for (let at = 0; at < path.length; at += 1) {
    let name = path[at] as string;
    if (Array.isArray(current)) {
      current = /^\d+$/.test(name) ? current[Number(name)] : undefined;
    } else if (isObject(current)) {
      while (!Object.hasOwn(current, name) && at + 1 < path.length) {
        at += 1;
        name += `.${path[at]}`;
      }
      current = member(current, name);
    } else return undefined;
  }
  return current;
}

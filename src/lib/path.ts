import type { Json } from '../model.ts';
import { isObject } from './json.ts';

/** Letters and digits of any script, and characters that names of legacy systems have; everything else is JSONata. */
const DOTTED = /^[\p{L}\p{N}_@#:-]+(?:\.[\p{L}\p{N}_@#:-]+)*$/u;

/** Paths where no expression is possible: `a.b`, `list.*.c`, `Order No.`. */
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
 * The value at a path of member names and list indexes; undefined if there is none. If a name is not a member, it is
 * joined with the names after it: `@odata.nextLink` and `Art.-Nr.` are single members.
 */
export function valueAt(value: Json | undefined, path: readonly string[], from = 0): Json | undefined {
  if (from === path.length) return value;
  let name = path[from] as string;
  if (Array.isArray(value))
    return /^\d+$/.test(name) ? valueAt(value[Number(name)], path, from + 1) : undefined;
  if (!isObject(value)) return undefined;
  for (let to = from + 1; ; to += 1) {
    const found = Object.hasOwn(value, name) ? valueAt(value[name], path, to) : undefined;
    if (found !== undefined || to === path.length) return found;
    name += `.${path[to]}`;
  }
}

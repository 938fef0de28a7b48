import { type Failure, failure, messageOf } from '../errors.ts';
import { exactly } from '../lib/exact-numbers.ts';
import { compileExpression, isFilter, isJson, rootsIn, roundsIn } from '../lib/expression.ts';
import { isObject, parseJson } from '../lib/json.ts';
import { isDottedPath, parsePath, valueAt } from '../lib/path.ts';
import type { Json } from '../model.ts';
import { insteadOf, kindOf } from './describe.ts';

/** Where the records are: the whole document is one, a list at a path, or the result of an expression. */
export type Items =
  | { readonly kind: 'document' }
  | { readonly kind: 'path'; readonly path: readonly string[] }
  | {
      readonly kind: 'expression';
      /** Whether the expression only selects records, without changing them. */
      readonly isFilter: boolean;
      select(document: Json): Promise<readonly Json[] | Failure>;
    };

/** Reads the options `items` and `key`: with neither, the document is the one record. */
export function itemsOf(source: { readonly items?: string | undefined; readonly key?: unknown }): Items {
  const { items } = source;
  if (items === undefined)
    return source.key === undefined ? { kind: 'document' } : { kind: 'path', path: [] };
  return isDottedPath(items)
    ? { kind: 'path', path: parsePath(items) }
    : { kind: 'expression', isFilter: isFilter(items), select: select(items) };
}

/** The list at a path, or why there is none. */
export function listAt(document: Json, path: readonly string[]): readonly Json[] | Failure {
  const value = valueAt(document, path);
  if (Array.isArray(value)) return value;
  const place = path.length === 0 ? 'the document' : `"${path.join('.')}"`;
  const through = path.findIndex(
    (_, depth) => depth > 0 && Array.isArray(valueAt(document, path.slice(0, depth))),
  );
  if (through > 0 && value === undefined) {
    const outer = path.slice(0, through).join('.');
    const why = `"${outer}" is a list itself: ${place} needs a JSONata expression`;
    // A leading `$` makes it an expression.
    return failure('DECODE_ITEMS', why + (isPlain(path) ? `, like \`${['$', ...path].join('.')}\`` : ''));
  }
  const how = isMap(value) && isPlain(path) ? `; its members are a list with ${members(path)}` : '';
  const why = `${place} is ${kindOf(value)}, not a list${insteadOf(document, path)}${how}`;
  return failure('DECODE_ITEMS', why);
}

/** Whether JSONata can write the path without quotes. */
function isPlain(path: readonly string[]): boolean {
  return path.every((name) => /^[A-Za-z_]\w*$/.test(name));
}

/** Whether a value may be an object of records by their keys. */
function isMap(value: Json | undefined): boolean {
  return isObject(value) && Object.keys(value).length > 1 && Object.values(value).every(isObject);
}

function members(path: readonly string[]): string {
  return `\`$each(${path.join('.') || '$'}, function($v, $k) { $merge([{"name": $k}, $v]) })\``;
}

function select(text: string) {
  const evaluate = compileExpression(text);
  const roots = rootsIn(text);
  const rounds = roundsIn(text);
  /**
   * Distinguishes an empty list from an answer without the member, such as an error message: JSONata gives undefined
   * for both.
   */
  const isElsewhere = (document: Json) =>
    isObject(document) && roots.size > 0 && roots.isDisjointFrom(new Set(Object.keys(document)));
  return async (document: Json): Promise<readonly Json[] | Failure> => {
    try {
      const result = await exactly(document, evaluate, rounds);
      if (result === undefined && isElsewhere(document)) {
        const instead = insteadOf(document, []);
        return failure('DECODE_ITEMS', `the expression in items finds nothing to look into${instead}`);
      }
      // JSONata gives a single element without its list, and undefined for an empty one.
      const list: unknown[] = result === undefined ? [] : Array.isArray(result) ? result : [result];
      return list.map((value) => (isJson(value) ? value : parseJson(JSON.stringify(value) ?? 'null')));
    } catch (error) {
      return failure('DECODE_ITEMS', `the expression in items failed: ${messageOf(error)}`);
    }
  };
}

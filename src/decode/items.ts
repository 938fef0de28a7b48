import { type Failure, failure, messageOf } from '../errors.ts';
import { compileExpression } from '../lib/expression.ts';
import { isObject, parseJson } from '../lib/json.ts';
import { isDottedPath, parsePath } from '../lib/path.ts';
import type { Json } from '../model.ts';
import { valueAt } from './key.ts';

/** Where the records are: the document itself as one, a list at a path, or what an expression gives. */
export type Items =
  | { readonly kind: 'document' }
  | { readonly kind: 'path'; readonly path: readonly string[] }
  | { readonly kind: 'expression'; select(text: string): Promise<readonly Json[] | Failure> };

/** Reads the options `items` and `key`: with neither, the document is the one record. */
export function itemsOf(source: { readonly items?: string | undefined; readonly key?: unknown }): Items {
  const { items } = source;
  if (items === undefined)
    return source.key === undefined ? { kind: 'document' } : { kind: 'path', path: [] };
  return isDottedPath(items)
    ? { kind: 'path', path: parsePath(items) }
    : { kind: 'expression', select: select(items) };
}

/** The list at a path, or why there is none. */
export function listAt(document: Json, path: readonly string[]): readonly Json[] | Failure {
  const value = valueAt(document, path);
  if (Array.isArray(value)) return value;
  const place = path.length === 0 ? 'the document' : `"${path.join('.')}"`;
  const members = isObject(document) ? `; the document has ${names(Object.keys(document))}` : '';
  return failure('DECODE_ITEMS', `${place} is ${describe(value)}, not a list${members}`);
}

function select(text: string) {
  const evaluate = compileExpression(text);
  return async (body: string): Promise<readonly Json[] | Failure> => {
    const document = JSON.parse(body) as Json;
    try {
      const result = (await evaluate(document)) as Json | undefined;
      // JSONata gives one element without its list, and nothing for an empty one.
      const list = result === undefined ? [] : Array.isArray(result) ? result : [result];
      return list.map(exact(document, body));
    } catch (error) {
      return failure('DECODE_ITEMS', `the expression in items failed: ${messageOf(error)}`);
    }
  };
}

/**
 * JSONata works on JavaScript numbers. What it only selected is replaced by the same part of the document with its
 * digits as written; what it built anew is taken as plain JSON.
 */
function exact(document: Json, body: string): (value: Json) => Json {
  const written = new Map<Json, Json>();
  pair(document, parseJson(body), written);
  return (value) => written.get(value) ?? (JSON.parse(JSON.stringify(value) ?? 'null') as Json);
}

function pair(plain: Json, exactly: Json, into: Map<Json, Json>): void {
  if (typeof plain !== 'object' || plain === null) return;
  into.set(plain, exactly);
  const written = exactly as { readonly [name: string]: Json };
  for (const [name, part] of Object.entries(plain)) pair(part, written[name] as Json, into);
}

function names(all: readonly string[]): string {
  if (all.length === 0) return 'no members';
  const shown = all.slice(0, 8).map((name) => JSON.stringify(name.slice(0, 40)));
  return shown.join(', ') + (all.length > shown.length ? ', …' : '');
}

function describe(value: Json | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return isObject(value)
    ? 'an object'
    : typeof value === 'string'
      ? 'a text'
      : `a ${typeof value === 'boolean' ? 'boolean' : 'number'}`;
}

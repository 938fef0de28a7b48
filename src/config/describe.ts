import type { z } from 'zod';
import { entry, type Tree } from './tree.ts';

/** Reads the zod description of the options: what may be written at a place, and how it is called in messages. */
export type Schema = z.core.$ZodType;

/** The zod definitions that are read here (zod/v4/core). */
type Definition = z.core.$ZodTypes['_zod']['def'];

/** The schemas of what may be written, with wrappers, transformations and unions unwrapped. */
export function alternatives(schema: Schema): Schema[] {
  const def = schema._zod.def as Definition;
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
      return alternatives(def.innerType);
    case 'pipe':
      return alternatives(def.in);
    case 'union':
      return def.options.flatMap((option) => alternatives(option));
    default:
      return [schema];
  }
}

/** The schemas of a member of a map, or of an element of a list. */
export function member(schemas: readonly Schema[], key: PropertyKey, tree: Tree | undefined): Schema[] {
  return fitting(schemas, tree).flatMap((schema) => {
    const def = schema._zod.def as Definition;
    if (def.type === 'array') return typeof key === 'number' ? alternatives(def.element) : [];
    if (def.type === 'record') return alternatives(def.valueType);
    if (def.type !== 'object') return [];
    const found = Object.hasOwn(def.shape, key) ? def.shape[String(key)] : undefined;
    return found ? alternatives(found) : [];
  });
}

/** The keys that a map here may have, with their schemas; undefined when the keys are free. */
export function shapeOf(
  schemas: readonly Schema[],
  tree: Tree | undefined,
): Record<string, Schema> | undefined {
  const shapes = fitting(schemas, tree)
    .map(shapeIn)
    .filter((shape) => shape !== undefined);
  return shapes.length > 0 ? Object.assign({}, ...shapes) : undefined;
}

/** Of maps with a discriminating `type`, the one whose type is written; all of them if none is. */
function fitting(schemas: readonly Schema[], tree: Tree | undefined): readonly Schema[] {
  const type = entry(tree, 'type')?.value;
  if (type?.kind !== 'scalar') return schemas;
  const chosen = schemas.filter((schema) => {
    const types = shapeIn(schema)?.type;
    return types && values(types).includes(type.value);
  });
  return chosen.length > 0 ? chosen : schemas;
}

function shapeIn(schema: Schema): Record<string, Schema> | undefined {
  const def = schema._zod.def as Definition;
  return def.type === 'object' ? (def.shape as Record<string, Schema>) : undefined;
}

/** What is expected at a place, for messages: `a name or a list`. */
export function wanted(schemas: readonly Schema[]): string {
  const words = [...new Set(schemas.flatMap(nouns))];
  const last = words.pop() ?? 'nothing';
  return words.length === 0 ? last : `${words.join(', ')} or ${last}`;
}

/** The literal values that a schema lists as possible. */
export function values(schema: Schema): unknown[] {
  const def = schema._zod.def as Definition;
  if (def.type === 'enum') return Object.values(def.entries);
  return def.type === 'literal' ? [...def.values] : [];
}

export function metaOf(schema: Schema): z.GlobalMeta {
  return (schema as z.ZodType).meta() ?? {};
}

export function isSecret(schemas: readonly Schema[]): boolean {
  return schemas.some((schema) => metaOf(schema).secret);
}

/** The default in the notation of the file; undefined if there is none. */
export function defaultOf(schema: Schema): unknown {
  const def = schema._zod.def as Definition;
  if (def.type === 'default' || def.type === 'prefault') return def.defaultValue;
  if (def.type === 'optional') return defaultOf(def.innerType);
  return undefined;
}

function nouns(schema: Schema): string[] {
  const { noun } = metaOf(schema);
  if (noun !== undefined) return [noun];
  const def = schema._zod.def as Definition;
  switch (def.type) {
    case 'string':
      return ['text'];
    case 'number':
      return ['format' in def ? 'a whole number' : 'a number'];
    case 'boolean':
      return ['true', 'false'];
    case 'array':
      return ['a list'];
    case 'object':
    case 'record':
      return ['a map'];
    default:
      return values(schema).map(String);
  }
}

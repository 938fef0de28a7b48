import { stringify } from 'yaml';
import { defaultOf, isSecret, member, type Schema, shapeOf } from './describe.ts';
import { document, type Shown } from './document.ts';
import { type Mapping, type Tree, treeOf } from './tree.ts';

/**
 * The effective configuration as YAML, with every default written out. Secrets show as `[secret]`, what came from a
 * variable or file as `[from ${NAME}]`.
 */
export function printConfig(resolved: Tree): string {
  return stringify(shown([document], resolved), { lineWidth: 0 });
}

/** The same as plain data, for JSON. */
export function plainConfig(resolved: Tree): Shown {
  return plain(shown([document], resolved)) as Shown;
}

/**
 * The configuration in force after a reload: options that need a restart are those of the configuration that the
 * process `started` with.
 */
export function inForce(read: Shown, started: Shown): Shown {
  const waiting = {
    ...(read.state === started.state ? {} : { state: read.state }),
    ...(read.server.listen === started.server.listen ? {} : { server: { listen: read.server.listen } }),
  };
  return {
    ...read,
    state: started.state,
    server: { ...read.server, listen: started.server.listen },
    ...(Object.keys(waiting).length > 0 && { after_restart: waiting }),
  };
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([key, one]) => [key, plain(one)]));
}

function shown(schemas: readonly Schema[], tree: Tree): unknown {
  switch (tree.kind) {
    case 'scalar':
      if (tree.shown !== undefined && tree.whole) return tree.shown;
      return isSecret(schemas) ? '[secret]' : (tree.shown ?? tree.value);
    case 'list':
      return tree.items.map((item, index) => shown(member(schemas, index, tree), item));
    case 'map':
      // A whole map may be secret, such as the body of a login.
      if (isSecret(schemas.filter((schema) => schema._zod.def.type === 'record'))) return '[secret]';
      return new Map(shownEntries(schemas, tree));
  }
}

function* shownEntries(schemas: readonly Schema[], tree: Mapping): Iterable<[string, unknown]> {
  const shape = shapeOf(schemas, tree);
  for (const key of shape ? Object.keys(shape) : tree.entries.keys()) {
    const written = tree.entries.get(key);
    const value = written?.value ?? defaultTree(shape?.[key]);
    if (value) yield [key, shown(member(schemas, key, tree), value)];
  }
}

function defaultTree(schema: Schema | undefined): Tree | undefined {
  const value = schema && defaultOf(schema);
  return value === undefined ? undefined : treeOf(value);
}

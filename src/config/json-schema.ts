import { z } from 'zod';
import { document } from './document.ts';

interface Node {
  [keyword: string]: unknown;
}

/** The value of any option may come from a variable or file. */
const INTERPOLATED = { $ref: '#/$defs/Interpolated' };

/** Keywords that describe a value without restricting it. */
const ANNOTATIONS = ['title', 'description', 'default'];

/** Keywords of our own, which are removed. */
const OWN = ['noun', 'unit', 'id'];

/** The JSON Schema (draft 2020-12) of the file, for editors. It accepts every valid file, and some invalid ones. */
export function configSchema(): Node {
  const schema = adapted(z.toJSONSchema(document, { io: 'input' }), 'schema') as Node;
  const { $schema, ...rest } = schema;
  const definitions = schema.$defs as { [name: string]: Node };
  // Missing options may come from the defaults.
  for (const name of ['Source', 'Webhook']) delete definitions[name]?.required;
  definitions.Interpolated = { type: 'string', pattern: '\\$\\{' };
  return { $schema, ...rest };
}

/** The role of a node: a schema, a map of schemas by name, or a schema of keys, which are never interpolated. */
type Role = 'schema' | 'named' | 'keys';

const ROLES: { readonly [keyword: string]: Role } = {
  properties: 'named',
  $defs: 'named',
  propertyNames: 'keys',
};

/** Marks secrets, removes our own keywords, and allows `${…}` for every number, choice and notation. */
function adapted(node: unknown, role: Role): unknown {
  if (Array.isArray(node)) return node.map((one) => adapted(one, role));
  if (typeof node !== 'object' || node === null) return node;
  const result: Node = {};
  for (const [keyword, value] of Object.entries(node)) {
    if (role === 'named') result[keyword] = adapted(value, 'schema');
    else if (keyword === 'secret') result.writeOnly = true;
    else if (keyword === 'default') result.default = value;
    else if (!OWN.includes(keyword)) result[keyword] = adapted(value, ROLES[keyword] ?? role);
  }
  return role === 'schema' ? interpolatable(result) : result;
}

function interpolatable(node: Node): Node {
  const { type, pattern } = node;
  if (typeof pattern === 'string') return { ...node, pattern: `${pattern}|\\$\\{` };
  const isChoice = node.enum !== undefined || typeof node.const === 'boolean';
  if (!isChoice && type !== 'number' && type !== 'integer' && type !== 'boolean') return node;
  const entries = Object.entries(node);
  const said = entries.filter(([keyword]) => ANNOTATIONS.includes(keyword));
  const asked = entries.filter(([keyword]) => !ANNOTATIONS.includes(keyword));
  return { ...Object.fromEntries(said), anyOf: [Object.fromEntries(asked), INTERPOLATED] };
}

import { core, type z } from 'zod';
import { alternatives, isSecret, member, metaOf, type Schema, shapeOf, values, wanted } from './describe.ts';
import type { Finding } from './problem.ts';
import { nearest } from './suggest.ts';
import { type Place, type Scalar, step, type Tree } from './tree.ts';

type Issue = z.core.$ZodIssue;

/** A place in the file together with what may be written there. */
interface Spot extends Place {
  readonly schemas: readonly Schema[];
}

/**
 * Turns zod's issues into mistakes that a person can act on. Values are only quoted if they are neither secret nor
 * from a variable or file.
 */
export function explain(issues: readonly Issue[], schema: Schema, place: Place): Finding[] {
  const spot = { ...place, schemas: alternatives(schema) };
  return issues.flatMap((issue) => explainOne(issue, spot));
}

/** The mistake of a missing key. */
export function missing(place: Place, hint: string): Finding {
  return { at: place.at, path: place.path, message: 'missing', hint };
}

/** The mistake of an unknown key. */
export function unknownKey(key: string, place: Place, keys: readonly string[]): Finding {
  const { at, path } = step(place, key);
  const near = nearest(key, keys);
  const hint = near ? `did you mean \`${near}\`?` : `the keys here are ${list(keys)}`;
  return { at, path, message: 'unknown key', hint };
}

function explainOne(issue: Issue, from: Spot): Finding[] {
  const spot = issue.path.reduce<Spot>(
    (here, key) => ({ ...step(here, key), schemas: member(here.schemas, key, here.tree) }),
    from,
  );
  const { tree } = spot;
  if (tree === undefined)
    return [missing(spot, `write \`${lastName(spot)}: …\` here (${wanted(spot.schemas)})`)];
  if (tree.kind === 'scalar' && tree.broken) return [];
  const say = (message: string, hint: string): Finding[] => [{ at: tree.at, path: spot.path, message, hint }];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const keys = Object.keys(shapeOf(spot.schemas, tree) ?? {});
      return issue.keys.map((key) => unknownKey(key, spot, keys));
    }
    case 'invalid_key':
      return [
        {
          at: spot.at,
          path: spot.path,
          message: 'this key cannot be used',
          hint: issue.issues[0]?.message ?? '',
        },
      ];
    case 'invalid_union':
      return explainUnion(issue, spot, tree);
    case 'invalid_value':
      return say(...unlisted(issue.values, spot, tree));
    case 'invalid_type':
      return say(...wrongType(spot, tree));
    case 'invalid_format':
      return say(`this is not ${wanted(spot.schemas.filter(isText))}`, formatHint(issue, spot, tree));
    case 'too_small':
      if (issue.origin === 'string' || issue.origin === 'array')
        return say('this is empty', 'write something, or remove the key');
      return say('too small', `${issue.inclusive ? 'the minimum is' : 'write more than'} ${issue.minimum}`);
    case 'too_big':
      return say('too large', `the maximum is ${issue.maximum}`);
    case 'custom':
      return say(customMessage(issue, spot, tree), String(issue.params?.hint ?? ''));
    default:
      return say('this does not fit', `write ${wanted(spot.schemas)}`);
  }
}

/** The message of a custom rule; those that quote the value have an unquoted variant for secrets. */
function customMessage(issue: Issue & { code: 'custom' }, spot: Spot, tree: Tree): string {
  const { unquoted } = issue.params ?? {};
  const open = tree.kind === 'scalar' && isOpen(spot, tree);
  return unquoted !== undefined && !open ? String(unquoted) : issue.message;
}

/** Explains the alternative that fits the kind of the value; if none fits, names them all. */
function explainUnion(issue: Issue & { code: 'invalid_union' }, spot: Spot, tree: Tree): Finding[] {
  if ('discriminator' in issue && 'options' in issue) {
    return [{ at: tree.at, path: spot.path, ...sentence(unlisted(issue.options as unknown[], spot, tree)) }];
  }
  const fitting = issue.errors.filter((errors) => !errors.some((error) => isMismatch(error, tree)));
  const [chosen] = fitting;
  if (fitting.length === 1 && chosen) return chosen.flatMap((error) => explainOne(error, spot));
  return [{ at: tree.at, path: spot.path, ...sentence(wrongType(spot, tree)) }];
}

function isMismatch(error: Issue, tree: Tree): boolean {
  if (error.path.length > 0) return false;
  if (error.code === 'invalid_union')
    return (
      error.errors.length > 0 && error.errors.every((errors) => errors.some((one) => isMismatch(one, tree)))
    );
  if (error.code === 'invalid_value')
    return tree.kind !== 'scalar' || error.values.every((value) => typeof value !== typeof tree.value);
  return error.code === 'invalid_type';
}

function unlisted(options: readonly unknown[], spot: Spot, tree: Tree): [string, string] {
  if (tree.kind !== 'scalar' || typeof tree.value !== 'string') return wrongType(spot, tree);
  const words = options.map(String);
  const near = isOpen(spot, tree) ? nearest(tree.value, words) : undefined;
  const message = isOpen(spot, tree)
    ? `\`${brief(tree.value)}\` is not possible here`
    : 'this value is not possible here';
  return [message, near ? `did you mean \`${near}\`?` : `write ${list(words)}`];
}

function wrongType(spot: Spot, tree: Tree): [string, string] {
  const expected = wanted(spot.schemas);
  return [`expected ${expected}, found ${found(tree)}`, typeHint(spot, tree) ?? `write ${expected}`];
}

function typeHint(spot: Spot, tree: Tree): string | undefined {
  if (tree.kind !== 'scalar') return undefined;
  if (tree.value === null) return 'write a value, or remove the key';
  const open = isOpen(spot, tree);
  const unit = spot.schemas.map((schema) => metaOf(schema).unit).find((one) => one !== undefined);
  if (typeof tree.value === 'number' && unit && open) return `write ${inUnit(tree.value, unit)}`;
  const example = spot.schemas.flatMap((schema) => metaOf(schema).examples ?? [])[0];
  if (typeof tree.value !== 'string' && example) return `write it like ${example}`;
  if (
    typeof tree.value !== 'string' &&
    spot.schemas.some((schema) => isText(schema) && core.safeParse(schema, tree.written).success)
  ) {
    return open ? `put it in quotes: "${tree.written}"` : 'put it in quotes';
  }
  if (typeof tree.value !== 'string' || !open) return undefined;
  const truth = TRUTHS.get(tree.value.toLowerCase());
  const accepts = (value: boolean) =>
    spot.schemas.some((schema) => schema._zod.def.type === 'boolean' || values(schema).includes(value));
  if (truth !== undefined && accepts(truth)) return `write ${truth}`;
  const numeric = tree.value.trim() !== '' && Number.isFinite(Number(tree.value));
  return numeric && spot.schemas.some((schema) => schema._zod.def.type === 'number')
    ? `write ${brief(tree.value)} without quotes`
    : undefined;
}

/** The number with the unit that is probably meant; a fraction as a percentage: 0.1 is 10%. */
function inUnit(value: number, unit: string): string {
  const fraction = unit === '%' && Math.abs(value) < 1;
  return `${fraction ? Number((value * 100).toPrecision(12)) : value}${unit}`;
}

/** Booleans of YAML 1.1, which are text in YAML 1.2. */
const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ...['yes', 'on', 'y', 'true'].map((word) => [word, true] as const),
  ...['no', 'off', 'n', 'false'].map((word) => [word, false] as const),
]);

function formatHint(issue: Issue, spot: Spot, tree: Tree): string {
  const unit = spot.schemas.map((schema) => metaOf(schema).unit).find((one) => one !== undefined);
  const bare = tree.kind === 'scalar' && isOpen(spot, tree) && /^\d+$/.test(String(tree.value));
  return unit && bare ? `write ${valueText(tree)}${unit}` : issue.message;
}

function valueText(tree: Scalar): string {
  return brief(String(tree.value));
}

/** Whether a value may be quoted in a message. */
function isOpen(spot: Spot, tree: Scalar): boolean {
  return tree.shown === undefined && !isSecret(spot.schemas);
}

function isText(schema: Schema): boolean {
  return schema._zod.def.type === 'string';
}

/** The kind of a value, for messages about what was expected instead. */
export function found(tree: Tree): string {
  if (tree.kind === 'map') return 'a map';
  if (tree.kind === 'list') return 'a list';
  if (tree.value === null) return 'nothing';
  if (typeof tree.value === 'boolean') return 'true or false';
  if (typeof tree.value === 'string') return 'text';
  return Number.isInteger(tree.value) ? 'a number' : 'a fraction';
}

function sentence([message, hint]: [string, string]): { message: string; hint: string } {
  return { message, hint };
}

function list(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
}

function brief(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}

function lastName(place: Place): string {
  return place.path.slice(place.path.lastIndexOf('.') + 1);
}

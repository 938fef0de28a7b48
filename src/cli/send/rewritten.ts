import { isRawNumber, parseJson } from '../../lib/json.ts';
import type { Json } from '../../model.ts';

/** How a JSON library serialises what it has parsed. */
interface Style {
  readonly name: string;
  readonly comma?: string;
  readonly colon?: string;
  /** Characters that become `\uXXXX`. */
  readonly escaped?: RegExp;
  readonly upperCase?: boolean;
  readonly slashes?: boolean;
  readonly sorted?: boolean;
  /** Numbers become doubles: `1.0` is written `1`. */
  readonly doubles?: boolean;
}

const BEYOND_ASCII = /[^ -~]/g;

/** Common libraries whose output differs from their input. */
const STYLES: readonly Style[] = [
  { name: 'JSON.stringify of JavaScript does', doubles: true },
  { name: 'json.dumps of Python does', comma: ', ', colon: ': ', escaped: BEYOND_ASCII },
  { name: 'json.dumps of Python with ensure_ascii=False does', comma: ', ', colon: ': ' },
  { name: 'json_encode of PHP does', escaped: BEYOND_ASCII, slashes: true },
  { name: 'json.Marshal of Go does', escaped: /[<>&\u2028\u2029]/g, sorted: true, doubles: true },
  { name: 'to_json of Rails does', escaped: /[<>&\u2028\u2029]/g },
  { name: 'JsonSerializer of .NET does', escaped: /[^ -~]|[<>&'+`]/g, upperCase: true },
];

/** A JSON text as each library would serialise it after parsing, with its name; none for other texts. */
export function rewritten(text: string): { readonly name: string; readonly body: string }[] {
  let value: Json;
  try {
    value = parseJson(text);
  } catch {
    return [];
  }
  return STYLES.map((style) => ({ name: style.name, body: written(value, style) })).filter(
    ({ body }, index, all) => body !== text && all.findIndex((other) => other.body === body) === index,
  );
}

function written(value: Json, style: Style): string {
  const { comma = ',', colon = ':', sorted = false, doubles = false } = style;
  if (typeof value === 'string') return quoted(value, style);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isRawNumber(value)) return doubles ? JSON.stringify(Number(value.rawJSON)) : value.rawJSON;
  if (Array.isArray(value)) return `[${value.map((part) => written(part, style)).join(comma)}]`;
  const members = Object.entries(value);
  if (sorted) members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, part]) => quoted(name, style) + colon + written(part, style)).join(comma)}}`;
}

function quoted(text: string, { escaped, slashes, upperCase }: Style): string {
  let quoted = JSON.stringify(text);
  if (slashes) quoted = quoted.replaceAll('/', '\\/');
  // By UTF-16 units: what lies beyond 16 bits is two escapes.
  return escaped === undefined
    ? quoted
    : quoted.replaceAll(escaped, (unit) => `\\u${unitOf(unit, upperCase)}`);
}

function unitOf(unit: string, upperCase = false): string {
  const hex = unit.charCodeAt(0).toString(16).padStart(4, '0');
  return upperCase ? hex.toUpperCase() : hex;
}

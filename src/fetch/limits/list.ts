import { type Amount, amountsOf, numberOf } from './value.ts';

/** One limit of a header value that states several things. */
export interface ListEntry {
  /** Name of the limit, in lower case; empty if it has none. */
  readonly name: string;
  readonly limit: number | null;
  readonly remaining: number | null;
  readonly used: number | null;
  /** The reset as written, in any notation. */
  readonly reset: string | null;
  /** Milliseconds. */
  readonly window: number | null;
  /** Whether it counts something other than requests. */
  readonly foreign: boolean;
}

const MOST = 16;

const NOTHING: ListEntry = {
  name: '',
  limit: null,
  remaining: null,
  used: null,
  reset: null,
  window: null,
  foreign: false,
};

/**
 * Reads header values that state everything at once:
 *
 * - `"burst";q=100;w=60` and `"default";r=50;t=30` (IETF draft 8 and later; names may lack the quotes)
 * - `limit=100, remaining=50, reset=30` (IETF draft 7), `total=100; remaining=99; resets=41` (Zendesk)
 * - `32/40`, `api-usage=18/5000` (used/limit: Shopify, Salesforce)
 * - `100;w=60`, `100:120,20:1`, `700` (limits)
 *
 * @returns null if it is none of them
 */
export function entriesOf(text: string): readonly ListEntry[] | null {
  const amounts = amountsOf(text);
  if (amounts) return amounts.map(({ amount, window }: Amount) => ({ ...NOTHING, limit: amount, window }));
  const items = split(text, ',').map((item) => split(item, ';').map((part) => part.trim()));
  const pairs = items.flat().map(pairOf);
  const plain = pairs.every((pair) => pair !== null) ? pairs : null;
  const entries = plain ? keyed(plain) : items.map(named);
  const known = entries.filter((entry) => entry !== null);
  return known.length > 0 && known.length === entries.length ? known : null;
}

type Pair = readonly [key: string, value: string];

/** Parses `limit=100`; the name of a bare `32/40` is empty. */
function pairOf(text: string): Pair | null {
  if (/^\d+\s*\/\s*\d+$/.test(text)) return ['', text];
  const [, key, value] = /^([\w.-]+)\s*=\s*(.+)$/.exec(text) ?? [];
  return key !== undefined && value !== undefined ? [key.toLowerCase(), value] : null;
}

/** The pairs describe one limit together, or one limit each: `api-usage=18/5000; per-app=17/250`. */
function keyed(pairs: readonly Pair[]): readonly (ListEntry | null)[] {
  const ratios = pairs.map(([key, value]) => ratioOf(key, value));
  if (ratios.every((ratio) => ratio !== null)) return ratios;
  const all = new Map(pairs);
  const value = (...keys: string[]) => keys.map((key) => all.get(key)).find((one) => one !== undefined);
  const number = (...keys: string[]) => numberOf(value(...keys) ?? '');
  const entry = {
    ...NOTHING,
    limit: number('limit', 'total', 'quota'),
    remaining: number('remaining', 'left'),
    used: number('used', 'usage'),
    reset: value('reset', 'resets') ?? null,
  };
  return [entry.limit === null && entry.remaining === null ? null : entry];
}

function ratioOf(name: string, text: string): ListEntry | null {
  const [, used = '', limit = ''] = /^(\d+)\s*\/\s*(\d+)(?:\s*\(.*\))?$/.exec(text) ?? [];
  return used === '' ? null : { ...NOTHING, name, used: Number(used), limit: Number(limit) };
}

/** `"default";r=50;t=30`: a name and its parameters (RFC 9651, an item or a token). */
function named([first = '', ...parameters]: readonly string[]): ListEntry | null {
  const [, quoted, token] = /^(?:"([^"]{0,100})"|([A-Za-z*][\w:./%*-]{0,100}))$/.exec(first) ?? [];
  const name = quoted ?? token;
  if (name === undefined) return null;
  const all = new Map(parameters.map((parameter) => pairOf(parameter) ?? ['', '']));
  const number = (key: string) => numberOf(all.get(key) ?? '');
  const [limit, remaining, window] = [number('q'), number('r'), number('w')];
  if (limit === null && remaining === null) return null;
  const unit = all.get('qu')?.replaceAll('"', '');
  return {
    ...NOTHING,
    name: name.toLowerCase(),
    limit,
    remaining,
    reset: all.get('t') ?? null,
    window: window === null ? null : window * 1000,
    foreign: unit !== undefined && unit !== 'requests',
  };
}

/** Splits outside of quotes; parts beyond the bound are dropped. */
function split(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let quoted = false;
  let from = 0;
  for (let at = 0; at <= text.length && parts.length < MOST; at += 1) {
    if (text[at] === '"') quoted = !quoted;
    if (at < text.length && (quoted || text[at] !== separator)) continue;
    parts.push(text.slice(from, at));
    from = at + 1;
  }
  return parts;
}

import type { Incremental, Token } from '../../config/incremental.ts';
import type { Cursor } from '../../model.ts';
import { FURTHEST_EAST } from './time.ts';

/** Milliseconds: servers that answer with records later than the given time would skip those with exactly that time. */
const LEAST_LOOKBACK = 1000;

const ABSOLUTE = /^epoch(?:_ms)?$|\{epoch(?:_ms)?\}/;

/**
 * The value of the parameter: the cursor less `lookback`, rounded down to the precision of the format. It is a number
 * if the format is one, for JSON bodies.
 */
export function sinceValue({ time, zoned }: Cursor, { format, lookback }: Incremental): string | number {
  // The time zone of a local time is unknown: the earliest possible moment is used.
  const unknown = !zoned && ABSOLUTE.test(format) ? FURTHEST_EAST : 0;
  const parts = partsOf(new Date(Math.max(0, time - Math.max(lookback, LEAST_LOOKBACK) - unknown)), zoned);
  if (format === 'epoch' || format === 'epoch_ms') return Number(parts[format]);
  if (format === 'iso') return parts.iso;
  return format.replace(/\{(\w+)\}/g, (whole, name: Token) =>
    Object.hasOwn(parts, name) ? parts[name] : whole,
  );
}

function partsOf(date: Date, zoned: boolean): { readonly [K in Token]: string } {
  const text = date.toISOString();
  return {
    iso: text.slice(0, 19) + (zoned ? 'Z' : ''),
    epoch: String(Math.floor(date.getTime() / 1000)),
    epoch_ms: String(date.getTime()),
    yyyy: text.slice(0, 4),
    MM: text.slice(5, 7),
    dd: text.slice(8, 10),
    HH: text.slice(11, 13),
    mm: text.slice(14, 16),
    ss: text.slice(17, 19),
  };
}

import { parseHttpDate } from '../../lib/http-date.ts';
import { canonicalNumber, isRawNumber } from '../../lib/json.ts';
import type { Json } from '../../model.ts';

/** A time of a record in Unix milliseconds. Without a zone it is the record's local time, read as UTC. */
export interface RecordTime {
  readonly time: number;
  readonly zoned: boolean;
}

const ISO =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ]?(\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** Milliseconds by which local times are ahead of UTC at most. */
export const FURTHEST_EAST = 14 * 3_600_000;

/**
 * Numbers from here on are milliseconds, smaller ones seconds: the boundary is March 1973 in milliseconds, the year
 * 5138 in seconds.
 */
const MILLISECONDS_FROM = 1e11;

/** The end of the year 9999: later dates cannot be written in ISO 8601. */
const LATEST = 253_402_300_799_999;

/**
 * Reads ISO 8601 (also without its signs, with a space for the T, as a bare date), seconds or milliseconds since 1970
 * as a number or text, HTTP dates, and `/Date(…)/`. Null if it is none of them. Nothing depends on the time zone of
 * this machine.
 */
export function parseTime(value: Json | undefined): RecordTime | null {
  if (typeof value === 'number') return epoch(value);
  if (value !== undefined && isRawNumber(value)) return epoch(Number(canonicalNumber(value)));
  if (typeof value !== 'string' || value.length > 100) return null;
  const text = value.trim();
  const iso = ISO.exec(text);
  const date = iso && calendar(iso);
  if (date) return date;
  if (/^\d{9,14}(?:\.\d{1,9})?$/.test(text)) return epoch(Number(text));
  const dotnet = /^\/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\/$/.exec(text)?.[1];
  if (dotnet !== undefined) return zoned(Number(dotnet));
  const http = parseHttpDate(text);
  return http === null ? null : zoned(http);
}

function epoch(value: number): RecordTime | null {
  return value > 0 ? zoned(value < MILLISECONDS_FROM ? value * 1000 : value) : null;
}

function zoned(time: number): RecordTime | null {
  return time >= 0 && time <= LATEST ? { time: Math.floor(time), zoned: true } : null;
}

function calendar(parts: RegExpExecArray): RecordTime | null {
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = parts;
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day));
  // A day that the month does not have, such as 0000-00-00, would become another one.
  if (new Date(date).getUTCMonth() + 1 !== Number(month) || date < 0) return null;
  if (Number(hour) > 24 || Number(minute) > 59 || Number(second) > 60) return null;
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
  const time = date + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 + milliseconds;
  if (zone === undefined) return { time, zoned: false };
  return zoned(time - offsetOf(zone));
}

function offsetOf(zone: string): number {
  if (/^z$/i.test(zone)) return 0;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

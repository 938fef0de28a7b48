import { printable } from './printable.ts';

/**
 * The lines of a table, each safe for a terminal; the last column is cut to the remaining width.
 *
 * @param width of the terminal; lines are as long as they are without one
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const all = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) =>
    all.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  );
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return lines.map((line) => `${line.length > width ? `${line.slice(0, width - 1)}…` : line}\n`).join('');
}

/** `12s ago`, `in 5m`; `-` for no time. */
export function when(time: string | null, now: number): string {
  if (time === null) return '-';
  const seconds = Math.round((Date.parse(time) - now) / 1000);
  const text = shortly(Math.abs(seconds));
  return seconds > 0 ? `in ${text}` : `${text} ago`;
}

/** The same for a future time; a time that has passed means that something is due. */
export function until(time: string | null, now: number): string {
  return time !== null && Math.round((Date.parse(time) - now) / 1000) <= 0 ? 'now' : when(time, now);
}

/** A duration in its largest unit. */
function shortly(seconds: number): string {
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)}h` : `${Math.round(seconds / 86_400)}d`;
}

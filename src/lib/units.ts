/**
 * The units that people write: durations (`500ms 30s 5m 1h30m 7d`), sizes (`512kB 10MB 1GiB`), ratios (`10%`),
 * rates (`60/1m`).
 * Each parser gives null for text that it cannot read.
 */

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES = { B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;

export const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
export const SIZE = /^\d+(?:\.\d+)?(?:B|kB|KB|MB|GB|KiB|MiB|GiB)$/;
export const RATIO = /^\d+(?:\.\d+)?%$/;
export const RATE = new RegExp(`^\\d+/${DURATION.source.slice(1)}`);

/** Milliseconds. Parts add up and go from large to small: `1h30m`. */
export function parseDuration(text: string): number | null {
  if (!DURATION.test(text)) return null;
  let total = 0;
  let last = Number.POSITIVE_INFINITY;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    const size = MILLISECONDS[unit as keyof typeof MILLISECONDS];
    if (size >= last) return null;
    last = size;
    total += Number(amount) * size;
  }
  return Math.round(total);
}

/** Bytes: kB, MB, GB are powers of 1000; KiB, MiB, GiB of 1024. */
export function parseSize(text: string): number | null {
  if (!SIZE.test(text)) return null;
  const [, amount, unit] = /^([\d.]+)(\w+)$/.exec(text) ?? [];
  return Math.round(Number(amount) * BYTES[unit as keyof typeof BYTES]);
}

/** A fraction: `10%` is 0.1. */
export function parseRatio(text: string): number | null {
  return RATIO.test(text) ? Number(text.slice(0, -1)) / 100 : null;
}

/** At most `count` in any `window` (milliseconds). */
export interface Rate {
  readonly count: number;
  readonly window: number;
}

/** A rate: `60/1m` is 60 in any minute. */
export function parseRate(text: string): Rate | null {
  const [count, duration] = RATE.test(text) ? text.split('/') : [];
  const window = parseDuration(duration ?? '');
  return window === null ? null : { count: Number(count), window };
}

export function formatRate({ count, window }: Rate): string {
  return `${count}/${formatDuration(window)}`;
}

/** The shortest exact way to write a duration: 90 000 is `1m30s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  let rest = Math.round(ms);
  let text = '';
  for (const unit of ['d', 'h', 'm'] as const) {
    const count = Math.floor(rest / MILLISECONDS[unit]);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * MILLISECONDS[unit];
  }
  if (rest > 0) text += `${Number((rest / 1000).toFixed(3))}s`;
  return text;
}

/** A wait for people, in whole seconds; a time that has passed counts as none. */
export function formatWait(ms: number): string {
  const left = Math.max(0, ms);
  return formatDuration(left < 1000 ? left : Math.round(left / 1000) * 1000);
}

/** A size for people, in powers of 1000: 2 700 000 is `2.7 MB`. */
export function formatSize(bytes: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (bytes >= size) return `${Number((bytes / size).toFixed(1))} ${unit}`;
  }
  return `${bytes} B`;
}

/** A number of things: `1 record`, `2 records`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** A time as the API writes it; null for none. */
export function iso(time: number | null | undefined): string | null {
  return time == null || !Number.isFinite(time) ? null : new Date(time).toISOString();
}

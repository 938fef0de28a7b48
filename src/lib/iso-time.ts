/** Unix milliseconds as ISO 8601 in UTC. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}

/** The same for a time that may be missing or infinite: then null. */
export function isoTimeOrNull(time: number | null | undefined): string | null {
  return time == null || !Number.isFinite(time) ? null : isoTime(time);
}

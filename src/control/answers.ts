import { type Failure, failure } from '../errors.ts';

export function unknown(what: 'source' | 'webhook' | 'delivery', name: string): Failure {
  return failure('API_NOT_FOUND', `there is no ${what} ${JSON.stringify(name.slice(0, 100))}`);
}

/** A time as the API writes it; null for none. */
export function iso(time: number | null | undefined): string | null {
  return time == null || !Number.isFinite(time) ? null : new Date(time).toISOString();
}

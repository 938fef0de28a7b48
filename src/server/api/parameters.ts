import { z } from 'zod';
import { parseDuration } from '../../lib/units.ts';

/** Parameters that several routes share. All of them are bounded. */

export const id = z.string().min(1).max(200);

const limit = z
  .string()
  .regex(/^[0-9]{1,4}$/, 'a whole number from 1 to 1000 is needed')
  .transform(Number)
  .refine((value) => value >= 1 && value <= 1000, 'a whole number from 1 to 1000 is needed')
  .default(100)
  .meta({
    description: 'Most items of one page; 100 without it.',
    type: 'integer',
    minimum: 1,
    maximum: 1000,
  });

const after = id.optional().meta({ description: '`next` of the page before.' });

/** A moment, or a duration before now, in milliseconds. */
export type Since = { readonly at: number } | { readonly ago: number };

const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;
const TIME_WANTED =
  'a time like 2026-11-21T09:30:00Z or 2026-11-21 (UTC), or a duration like 30m or 2d, is needed';

/** Reads a time (UTC unless it says otherwise) or a duration; null for anything else. */
export function parseSince(text: string): Since | null {
  const ago = parseDuration(text);
  if (ago !== null) return { ago };
  const at = TIME.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : { at };
}

/** The time in Unix milliseconds, at least 0 and within the range of dates. */
export function sinceTime(since: Since, now: number): number {
  return Math.max(0, 'at' in since ? since.at : now - since.ago);
}

export const since = z
  .string()
  .max(40)
  .transform((text, context) => {
    const parsed = parseSince(text);
    if (parsed) return parsed;
    context.addIssue({ code: 'custom', message: TIME_WANTED });
    return z.NEVER;
  })
  .meta({
    description: 'Only what was committed then or later: a time, or how long ago.',
    examples: ['2026-11-21T09:30:00Z', '2h'],
  });

const order = z
  .enum(['newest', 'oldest'])
  .default('newest')
  .meta({ description: 'What comes first.', default: 'newest' });

export const name = z.string().min(1).max(64);

export const none = z.strictObject({});
export const page = z.strictObject({ limit, after });
export const history = page.extend({
  since: since.optional(),
  order,
  source: name.optional(),
  webhook: name.optional(),
});

/** A page of a list that is held in memory, sorted by name. */
export function pageByName<T extends { readonly name: string }>(
  all: readonly T[],
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): { readonly items: readonly T[]; readonly next: string | null } {
  const rest = after === undefined ? all : all.filter((one) => one.name > after);
  const items = rest.slice(0, limit);
  return { items, next: rest.length > limit ? (items.at(-1)?.name ?? null) : null };
}

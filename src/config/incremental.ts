import { z } from 'zod';
import { addIssue } from './add-issue.ts';
import { duration } from './quantities.ts';
import { place } from './values.ts';

/** Placeholders of a `format` template. */
export const TOKENS = ['iso', 'epoch', 'epoch_ms', 'yyyy', 'MM', 'dd', 'HH', 'mm', 'ss'] as const;
export type Token = (typeof TOKENS)[number];

const hint = `write iso, epoch, epoch_ms, or a text with ${TOKENS.map((token) => `{${token}}`).join(' ')}`;

const format = z
  .string()
  .max(1000)
  .default('iso')
  .meta({ noun: 'a time format' })
  .check((context) => {
    const text = context.value;
    if (text === 'iso' || text === 'epoch' || text === 'epoch_ms') return;
    const names = [...text.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name);
    if (names.length === 0) addIssue(context, 'this is not a time format', hint);
    else if (!names.every((name) => (TOKENS as readonly (string | undefined)[]).includes(name)))
      addIssue(context, 'this template has an unknown placeholder', hint);
  });

/** The option `incremental`: asking only for records that changed since the last poll. */
export const incremental = z.strictObject({
  cursor: place.meta({
    description:
      'Path in the record to the time of its last change, like `updated_at`: ISO 8601, seconds or milliseconds since 1970, or an HTTP date. The cursor is computed from these times, never from the clock of this machine.',
  }),
  param: z.string().min(1).max(200).meta({
    description: 'Parameter for records changed since a time, like `updated_since`.',
  }),
  inject: z
    .enum(['query', 'body', 'header'])
    .default('query')
    .meta({ description: 'Where the parameter goes, as in `paginate`.' }),
  format: format.meta({
    description:
      'How the time is written: `iso` (2026-11-21T09:30:12Z; without the Z if the records name no time zone), `epoch`, `epoch_ms`, or a template like `updated >= "{yyyy}/{MM}/{dd} {HH}:{mm}"` of `{iso} {epoch} {epoch_ms} {yyyy} {MM} {dd} {HH} {mm} {ss}`. Times are rounded down.',
  }),
  lookback: duration().prefault('5m').meta({
    description:
      'Overlap with the fetch before, effectively at least `1s`, so that records with the same time, or written late, are not skipped. Records that were seen already are no changes. For local times without a time zone use more than the hour that daylight saving repeats, like `70m`.',
  }),
  full_every: duration({ min: 100 }).prefault('24h').meta({
    description:
      'Interval of complete fetches, which alone find deleted records and edits with an old time. Fetches stay complete until missing records are confirmed or back.',
  }),
});

export type Incremental = z.output<typeof incremental>;

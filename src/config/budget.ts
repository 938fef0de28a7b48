import { z } from 'zod';
import { duration, rate, ratio } from './quantities.ts';
import { headerName, oneOrMore } from './values.ts';

const MOST_CONCURRENT = 1000;

/** Headers that state the limits, for servers whose headers are not recognised. */
const headerNames = z.strictObject({
  limit: headerName.optional().meta({ description: 'Header with the number of requests in all.' }),
  remaining: headerName.optional().meta({ description: 'Header with the number that is left.' }),
  used: headerName.optional().meta({ description: 'Header with the number that is spent.' }),
  reset: headerName.optional().meta({ description: 'Header that tells when all are available again.' }),
  reset_unit: z
    .enum(['auto', 'seconds', 'milliseconds', 'epoch', 'epoch_ms'])
    .default('auto')
    .meta({ description: 'How `reset` is meant: from now, or as Unix time.' }),
  window: duration({ min: 1 })
    .optional()
    .meta({ description: 'After which time all are available again, if no header tells.' }),
});

/** Every option of a budget, once. */
export const budget = z
  .strictObject({
    rate: oneOrMore(rate()).optional().meta({
      description:
        'Most requests in any window of this length, like `60/1m`; a list for several, like `[60/1m, 5000/1d]`. Default: no limit of our own.',
    }),
    burst: z.int().min(1).optional().meta({
      description:
        'Most requests without a pause, after a quiet time. Of several rates, that of the shortest window. Default: a tenth of the rate, at least 1.',
    }),
    concurrency: z
      .int()
      .min(1)
      .max(MOST_CONCURRENT)
      .default(4)
      .meta({ description: 'Most requests at the same time.' }),
    reserve: ratio()
      .prefault('0%')
      .meta({ description: 'Part of every rate, and of what the server allows, that is left to others.' }),
    headers: z
      .union([z.enum(['auto']), z.literal(false), headerNames])
      .default('auto')
      .meta({
        description:
          "How the server's rate-limit headers are read: `auto` knows the usual ones, `false` reads none, a map names them. `Retry-After` is always obeyed.",
      }),
  })
  .meta({ id: 'Budget' });

export type HeaderNames = z.output<typeof headerNames>;

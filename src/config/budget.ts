import { z } from 'zod';
import { duration, rate, ratio } from './quantities.ts';
import { headerName, oneOrMore } from './values.ts';

const MOST_CONCURRENT = 1000;

/** Headers that state the limits, for servers whose headers are not recognised. */
const headerNames = z.strictObject({
  limit: headerName.optional().meta({ description: 'Header with the limit, the total number of requests.' }),
  remaining: headerName.optional().meta({ description: 'Header with the number of remaining requests.' }),
  used: headerName.optional().meta({ description: 'Header with the number of used requests.' }),
  reset: headerName.optional().meta({ description: 'Header with the time when the limit is reset.' }),
  reset_unit: z
    .enum(['auto', 'seconds', 'milliseconds', 'epoch', 'epoch_ms'])
    .default('auto')
    .meta({ description: 'Unit of `reset`: relative to now, or Unix time.' }),
  window: duration({ min: 1 })
    .optional()
    .meta({ description: 'Time until the limit is reset, if no header states it.' }),
});

/** Every option of a budget, once. */
export const budget = z
  .strictObject({
    rate: oneOrMore(rate()).optional().meta({
      description:
        'Maximum number of requests in any window of this length, like `60/1m`; a list for several, like `[60/1m, 5000/1d]`. Default: none but the limits of the server.',
    }),
    burst: z.int().min(1).optional().meta({
      description:
        'Maximum number of requests at once after a quiet time. With several rates it applies to the shortest window. Default: a tenth of the rate, at least 1.',
    }),
    concurrency: z
      .int()
      .min(1)
      .max(MOST_CONCURRENT)
      .default(4)
      .meta({ description: 'Maximum number of concurrent requests.' }),
    reserve: ratio().prefault('0%').meta({
      description: 'Fraction of every rate, and of the limits of the server, that is left to other clients.',
    }),
    headers: z
      .union([z.enum(['auto']), z.literal(false), headerNames])
      .default('auto')
      .meta({
        description:
          "How the server's rate-limit headers are read: `auto` recognises common ones, `false` ignores all, a map names them. `Retry-After` is always respected.",
      }),
  })
  .meta({ id: 'Budget' });

export type HeaderNames = z.output<typeof headerNames>;

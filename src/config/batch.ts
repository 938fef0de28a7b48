import { z } from 'zod';
import { duration } from './quantities.ts';

/** Several events in one request. */
export const batch = z
  .strictObject({
    max: z.int().min(1).max(1000).default(100).meta({ description: 'Most events in one request.' }),
    wait: duration({ max: 3_600_000 })
      .prefault('1s')
      .meta({ description: 'How long the first of them waits for others.' }),
  })
  .optional()
  .meta({
    description:
      'Several events in one request: a JSON array of bodies in order, under one `webhook-id`, repeated in the same composition, one batch after another. Default: each event on its own.',
  });

import { z } from 'zod';
import { duration } from './quantities.ts';

/** Several events in one request. */
export const batch = z
  .strictObject({
    max: z
      .int()
      .min(1)
      .max(1000)
      .default(100)
      .meta({ description: 'Maximum number of events in one request.' }),
    wait: duration({ max: 3_600_000 })
      .prefault('1s')
      .meta({ description: 'How long the first event waits for others.' }),
  })
  .optional()
  .meta({
    description:
      'Several events in one request: a JSON array of bodies in order, under one `webhook-id`, retried with the same events, one batch after another. Default: each event on its own.',
  });

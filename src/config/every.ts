import { z } from 'zod';
import { addIssue } from './add-issue.ts';
import { duration } from './quantities.ts';

const LEAST = 100;

/** Keeps products with rates within the range of numbers. */
const MOST_WEIGHT = 1_000_000;

/** A fixed interval, or the bounds of a learned one. */
export const every = z
  .union([
    duration({ min: LEAST }),
    z
      .strictObject({
        min: duration({ min: LEAST }).meta({ description: 'Shortest interval.' }),
        max: duration({ min: LEAST }).meta({ description: 'Longest interval.' }),
      })
      .check((context) => {
        const { min, max } = context.value;
        if (min > max)
          addIssue(context, '`min` is longer than `max`', 'write a shorter `min` or a longer `max`', ['min']);
      }),
  ])
  .optional()
  .meta({
    description:
      'Interval between polls, at least `100ms`; or `{min: 10s, max: 10m}`: the daemon learns how often the source changes. If its `budget` has a `rate`, requests are used where they shorten the expected wait for a change most; otherwise the source is polled about as often as it changes, more often with a greater `weight`. Default `60s`, unless there is a `cron`.',
  });

export const weight = z
  .number()
  .positive()
  .max(MOST_WEIGHT)
  .default(1)
  .meta({ description: 'Relative importance among the sources of its budget with learned intervals.' });

import { z } from 'zod';
import { expressionWith } from './expression.ts';

const polls = z.int().min(1).max(1000);

/** The option `confirm` of a source: how many polls in a row must show a change, in each direction. */
export const confirm = z
  .union([
    polls.transform((count) => ({ enter: count, leave: count, when: null })),
    z.strictObject({
      when: expressionWith().meta({ description: 'JSONata, true for a record that is "in".' }),
      enter: polls.default(1).meta({ description: 'Polls in a row that must show that a record is in.' }),
      leave: polls.default(1).meta({ description: 'Polls in a row that must show that it is no longer in.' }),
    }),
  ])
  .prefault(1)
  .meta({
    description:
      'Polls in a row that must show a change before it is reported. `{enter, leave, when}` sets different numbers for both directions; changes that do not cross `when` are reported at once.',
  });

export type Confirm = z.output<typeof confirm>;

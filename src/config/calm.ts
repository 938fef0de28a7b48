import { z } from 'zod';
import { type Decimal, parseDecimal } from '../lib/decimal.ts';
import { canonicalNumber } from '../lib/json.ts';
import { complain } from './complain.ts';
import { expressionWith } from './expression.ts';
import { path } from './values.ts';

const polls = z.int().min(1).max(1000);

/** The option `confirm` of a source: how many polls in a row must show a change, by where it leads. */
export const confirm = z
  .union([
    polls.transform((count) => ({ enter: count, leave: count, when: null })),
    z.strictObject({
      when: expressionWith().meta({ description: 'JSONata: true of a record that is "in".' }),
      enter: polls.default(1).meta({ description: 'Polls that must show that a record is in.' }),
      leave: polls.default(1).meta({ description: 'Polls that must show that it is not in any more.' }),
    }),
  ])
  .prefault(1)
  .meta({
    description:
      'Polls in a row that must show a change before it is reported. `{enter, leave, when}` asks for different numbers in both directions; changes that do not cross `when` are reported at once.',
  });

export type Confirm = z.output<typeof confirm>;

/** A path and how far the number there may move without being a change. */
export interface ToleratedPath {
  readonly path: string;
  readonly amount: Decimal;
  /** `amount` is a percentage of what was sent last. */
  readonly percent: boolean;
}

const HINT = 'a tolerance is written like 0.5 or 1%';

const amount = z
  .union([
    z.number(),
    z
      .string(HINT)
      .regex(/^\d+(?:\.\d+)?%$/, HINT)
      .meta({ noun: 'a percentage' }),
  ])
  .transform((written, context) => {
    const text = String(written);
    const percent = text.endsWith('%');
    const parsed = parseDecimal(percent ? text.slice(0, -1) : canonicalNumber(Number(written)));
    if (parsed && parsed.digits > 0n) return { amount: parsed, percent };
    complain(context, 'a tolerance is more than 0', HINT);
    return z.NEVER;
  });

/** The option `tolerance` of a source. */
export const tolerance = z
  .record(path, amount)
  .transform((amounts): ToleratedPath[] => Object.entries(amounts).map(([path, one]) => ({ path, ...one })))
  .prefault({})
  .meta({
    description:
      'Paths of numbers, and by how much they must differ from what was sent last to count as changed: `{price: 0.5}`, or a percentage, `{price: 1%}`. Small steps add up. Texts that are numbers count as numbers.',
  });

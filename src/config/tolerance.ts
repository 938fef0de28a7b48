import { z } from 'zod';
import { type Decimal, parseDecimal } from '../lib/decimal.ts';
import { canonicalNumber } from '../lib/json.ts';
import { addIssue } from './add-issue.ts';
import { path } from './values.ts';

/** A path, and by how much the number there may differ without being a change. */
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
    addIssue(context, 'a tolerance is more than 0', HINT);
    return z.NEVER;
  });

/** The option `tolerance` of a source. */
export const tolerance = z
  .record(path, amount)
  .transform((amounts): ToleratedPath[] => Object.entries(amounts).map(([path, one]) => ({ path, ...one })))
  .prefault({})
  .meta({
    description:
      'Paths of numbers, and by how much each must differ from the value that was sent last to count as changed: `{price: 0.5}`, or a percentage, `{price: 1%}`. Small steps add up. A change that no event rule matches counts as sent. Numbers in strings count as numbers.',
  });

import type { EventRule } from '../../config/events.ts';
import { parseDecimal } from '../../lib/decimal.ts';
import { type Operand, orderingsIn } from '../../lib/expression.ts';
import type { Change } from '../../model.ts';
import { scopeOf } from '../rules.ts';

/**
 * Notices rules that compare numbers held in strings with `<` or `>`, as all values of CSV and XML are: JSONata compares
 * strings character by character, so that "9" is greater than "10", without any error.
 */
export interface NumbersAsTextHint {
  /** Warnings after a poll, one per expression and given once. */
  after(changes: readonly Change[]): string[];
}

/** Changes that are looked at after a poll. */
const MOST = 100;

export function createNumbersAsTextHint(source: string, rules: readonly EventRule[]): NumbersAsTextHint {
  let watched = rules.flatMap(({ type, when, becomes }, index) =>
    Object.entries({ when, becomes }).flatMap(([part, text]) => {
      const name = `event rule ${index + 1}${type === null ? '' : ` (${type})`}: \`${part}\``;
      const pairs = text === null ? [] : orderingsIn(text);
      return pairs.length === 0 ? [] : [{ name, pairs }];
    }),
  );
  return {
    after(changes) {
      if (watched.length === 0) return [];
      const scopes = changes.slice(0, MOST).map((change) => scopeOf(change, source));
      const found = watched.filter(({ pairs }) =>
        pairs.some((pair) => scopes.some((scope) => pair.every((operand) => isNumericText(operand(scope))))),
      );
      watched = watched.filter((one) => !found.includes(one));
      return found.map(
        ({ name }) =>
          `${name} compares numbers that are texts letter by letter ("9" is more than "10"): write $number(…) around each`,
      );
    },
  };
}

function isNumericText(value: ReturnType<Operand>): boolean {
  return typeof value === 'string' && parseDecimal(value) !== null;
}

import type { EventRule } from '../config/events.ts';
import { parseDecimal } from '../lib/decimal.ts';
import { type Operand, orderingsIn } from '../lib/expression.ts';
import type { Change } from '../model.ts';
import { scopeOf } from './rules.ts';

/**
 * Watches for rules that order texts which are numbers, as all values of CSV and XML are: JSONata compares them letter by
 * letter, so that "9" is more than "10", and nothing fails.
 */
export interface Letters {
  /** What to tell the operator after this poll; each expression once. */
  after(changes: readonly Change[]): string[];
}

/** So many changes are looked at after a poll. */
const MOST = 100;

export function createLetters(source: string, rules: readonly EventRule[]): Letters {
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
